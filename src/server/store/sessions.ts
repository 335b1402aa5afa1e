import type { Queries } from './database.ts';
import type { SessionStore } from './store.ts';

export function sessionStore(db: Queries): SessionStore {
  return {
    async create(row) {
      await db
        .insertInto('sessions')
        .values({
          id_hash: row.idHash,
          user_id: row.userId,
          created_ms: row.createdMs,
          last_seen_ms: row.lastSeenMs,
        })
        .execute();
    },
    async get(idHash) {
      const row = await db
        .selectFrom('sessions')
        .selectAll()
        .where('id_hash', '=', idHash)
        .executeTakeFirst();
      return row
        ? {
            idHash: row.id_hash,
            userId: row.user_id,
            createdMs: row.created_ms,
            lastSeenMs: row.last_seen_ms,
          }
        : null;
    },
    async touch(idHash, lastSeenMs) {
      await db
        .updateTable('sessions')
        .set({ last_seen_ms: lastSeenMs })
        .where('id_hash', '=', idHash)
        .execute();
    },
    async delete(idHash) {
      await db.deleteFrom('sessions').where('id_hash', '=', idHash).execute();
    },
    async addLoginKey(hash, expiresMs) {
      await db.insertInto('login_keys').values({ hash, expires_ms: expiresMs }).execute();
    },
    async takeLoginKey(hash, nowMs) {
      await db.deleteFrom('login_keys').where('expires_ms', '<', nowMs).execute();
      const result = await db.deleteFrom('login_keys').where('hash', '=', hash).executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
  };
}
