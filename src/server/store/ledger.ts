import { sql } from 'kysely';
import type { Queries } from './database.ts';
import { changedColumns, fromColumns, hitColumns, reservedColumns } from './ledger-columns.ts';
import type { LedgerFacts, LedgerStore } from './ledger.types.ts';

/** One row per upstream attempt (I5): reserved before it is sent, settled once after. */
export function ledgerStore(db: Queries): LedgerStore {
  return {
    reserve: (row) => insert(db, reservedColumns(row), row.properties),
    recordHit: (hit) => insert(db, hitColumns(hit), hit.properties),
    async settle(id, result) {
      await db.updateTable('ledger').set(changedColumns(result)).where('id', '=', id).execute();
    },
    async reclaim() {
      const change = { status: 'aborted', estimated: 1, cost_usd: null, error_code: 'interrupted' };
      const result = await db
        .updateTable('ledger')
        .set(change)
        .where(sql<boolean>`status = 'reserved'`)
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    async list(userId, filter = {}) {
      let query = db.selectFrom('ledger').selectAll().where('user_id', '=', userId);
      if (filter.threadId) query = query.where('thread_id', '=', filter.threadId);
      if (filter.runId) query = query.where('run_id', '=', filter.runId);
      const rows = await query
        .orderBy('row', 'desc')
        .limit(filter.limit ?? 1_000)
        .execute();
      return rows.reverse().map(fromColumns);
    },
    async threadCost(threadId) {
      const row = await db
        .selectFrom('ledger')
        .select([sql<number | null>`sum(cost_usd)`.as('cost'), unpriced.as('unpriced')])
        .where('thread_id', '=', threadId)
        .executeTakeFirst();
      return { costUsd: row?.cost ?? 0, complete: (row?.unpriced ?? 0) === 0 };
    },
  };
}

/** Properties are rows of their own, so that all requests with one are found without reading the others. */
async function insert(
  db: Queries,
  columns: ReturnType<typeof reservedColumns>,
  properties: LedgerFacts['properties'] = {},
): Promise<void> {
  const pairs = Object.entries(properties);
  if (pairs.length === 0) return void (await db.insertInto('ledger').values(columns).execute());
  await together(db, async (queries) => {
    const { row } = await queries
      .insertInto('ledger')
      .values(columns)
      .returning('row')
      .executeTakeFirstOrThrow();
    const owner = { user_id: columns.user_id, row };
    await queries
      .insertInto('ledger_properties')
      .values(pairs.map(([name, value]) => ({ ...owner, name, value })))
      .execute();
  });
}

async function together(db: Queries, work: (queries: Queries) => Promise<void>): Promise<void> {
  if (db.isTransaction) await work(db);
  else await db.transaction().execute(work);
}

/** What used tokens, or asked the web, at a price nobody knows; a failed attempt without tokens costs nothing. */
const unpriced = sql<
  number | null
>`sum(case when cost_usd is null and status <> 'reserved' and (input_tokens + output_tokens > 0 or route = 'web') then 1 else 0 end)`;
