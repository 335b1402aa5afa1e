import type { Selectable, Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { KeyRow, KeyStore } from './store.ts';

/** Keys for `/v1`. A row is never removed: the ledger names it. */
export function keyStore(db: Queries): KeyStore {
  return {
    async create(row) {
      const given = columns(row) as Selectable<Database['keys']>;
      await db
        .insertInto('keys')
        .values({ ...given, id: row.id, user_id: row.userId, hash: row.hash })
        .execute();
    },
    async byHash(hash) {
      const row = await db.selectFrom('keys').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row ? fromColumns(row) : null;
    },
    async get(userId, id) {
      const row = await db
        .selectFrom('keys')
        .selectAll()
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? fromColumns(row) : null;
    },
    async list(userId) {
      const rows = await db
        .selectFrom('keys')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .execute();
      return rows.map(fromColumns);
    },
    async update(userId, id, change) {
      const set = columns(change);
      if (!Object.keys(set).length) return;
      await db.updateTable('keys').set(set).where('user_id', '=', userId).where('id', '=', id).execute();
    },
  };
}

function columns(row: Partial<KeyRow>): Updateable<Database['keys']> {
  const { models, limits, budget } = row;
  const all: Updateable<Database['keys']> = {
    name: row.name,
    prefix: row.prefix,
    last4: row.last4,
    models: models && JSON.stringify(models),
    limits: limits && JSON.stringify(limits),
    budget: budget && JSON.stringify(budget),
    store_bodies: row.storeBodies === undefined ? undefined : Number(row.storeBodies),
    expires_at: row.expiresAt,
    created_at: row.createdAt,
    last_used_at: row.lastUsedAt,
    revoked_at: row.revokedAt,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function fromColumns(row: Selectable<Database['keys']>): KeyRow {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    hash: row.hash,
    prefix: row.prefix,
    last4: row.last4,
    models: row.models === null ? null : (JSON.parse(row.models) as string[]),
    limits: JSON.parse(row.limits) as KeyRow['limits'],
    budget: row.budget === null ? null : (JSON.parse(row.budget) as KeyRow['budget']),
    storeBodies: row.store_bodies === 1,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
