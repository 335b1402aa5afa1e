import type { Queries } from './database.ts';
import type { IdempotencyStore } from './store.ts';

const keptMs = 24 * 60 * 60 * 1_000;

/** Stripe's rule: same key and body, same answer; same key and another body, an error. Call inside a transaction. */
export function idempotencyStore(db: Queries): IdempotencyStore {
  return {
    async claim(userId, key, bodyHash, runId) {
      const now = Date.now();
      await db
        .deleteFrom('idempotency')
        .where('created_ms', '<', now - keptMs)
        .execute();
      const known = await db
        .selectFrom('idempotency')
        .selectAll()
        .where('user_id', '=', userId)
        .where('key', '=', key)
        .executeTakeFirst();
      if (known) return { state: known.body_hash === bodyHash ? 'same' : 'conflict', runId: known.run_id };
      const row = { user_id: userId, key, body_hash: bodyHash, run_id: runId, created_ms: now };
      await db.insertInto('idempotency').values(row).execute();
      return { state: 'new', runId };
    },
  };
}
