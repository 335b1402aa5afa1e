import { sql, type Selectable, type Updateable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { LedgerRow, LedgerStore, UsageGroup } from './store.ts';

/** One row per upstream attempt (I5): reserved before it is sent, settled once after. */
export function ledgerStore(db: Queries): LedgerStore {
  return {
    async reserve(row) {
      await db.insertInto('ledger').values(reserved(row)).execute();
    },
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
    servedModels: (userId) => servedModels(db, userId),
    async groupBy(userId, by) {
      const key = groupKeys[by];
      const rows = await db
        .selectFrom('ledger')
        .select([key.as('key'), ...totals, unpriced.as('unpriced')])
        .where('user_id', '=', userId)
        .groupBy(key)
        .orderBy('key')
        .execute();
      return rows.map((row): UsageGroup => ({ ...row, key: row.key ?? '', unpriced: row.unpriced ?? 0 }));
    },
  };
}

async function servedModels(
  db: Queries,
  userId: string,
): Promise<{ key: string; model: string; servedModel: string }[]> {
  const rows = await db
    .selectFrom('ledger')
    .select([groupKeys.model.as('key'), 'model', 'served_model'])
    .distinct()
    .where('user_id', '=', userId)
    .where('served_model', 'is not', null)
    .orderBy('served_model')
    .execute();
  return rows.map((row) => ({ key: row.key ?? '', model: row.model, servedModel: row.served_model ?? '' }));
}

/** An attempt that used tokens at a price nobody knows; a failed attempt without tokens costs nothing. */
const unpriced = sql<
  number | null
>`sum(case when cost_usd is null and status <> 'reserved' and input_tokens + output_tokens > 0 then 1 else 0 end)`;

const groupKeys = {
  model: sql<string | null>`provider || '/' || model`,
  provider: sql<string | null>`provider`,
  thread: sql<string | null>`thread_id`,
  day: sql<string | null>`substr(timestamp, 1, 10)`,
};

const totals = [
  sql<number>`count(*)`.as('requests'),
  sql<number>`sum(input_tokens)`.as('inputTokens'),
  sql<number>`sum(output_tokens)`.as('outputTokens'),
  sql<number>`sum(cache_read_tokens)`.as('cacheReadTokens'),
  sql<number>`sum(cache_write_tokens)`.as('cacheWriteTokens'),
  sql<number>`coalesce(sum(cost_usd), 0)`.as('costUsd'),
] as const;

function reserved(row: Parameters<LedgerStore['reserve']>[0]): Omit<Database['ledger'], 'row'> {
  return {
    id: row.id,
    request_id: row.requestId,
    user_id: row.userId,
    thread_id: row.threadId,
    run_id: row.runId,
    message_id: null,
    provider: row.provider,
    model: row.model,
    served_model: null,
    timestamp: row.timestamp,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_usd: null,
    estimated: 0,
    cache: null,
    latency_ms: 0,
    ttft_ms: null,
    attempt: row.attempt,
    route: row.route,
    status: 'reserved',
    error_code: null,
    http_status: null,
    finish_reason: null,
  };
}

function changedColumns(change: Parameters<LedgerStore['settle']>[1]): Updateable<Database['ledger']> {
  const columns: Updateable<Database['ledger']> = {
    message_id: change.messageId,
    served_model: change.servedModel,
    input_tokens: change.inputTokens,
    output_tokens: change.outputTokens,
    cache_read_tokens: change.cacheReadTokens,
    cache_write_tokens: change.cacheWriteTokens,
    reasoning_tokens: change.reasoningTokens,
    cost_usd: change.costUsd,
    estimated: change.estimated === undefined ? undefined : Number(change.estimated),
    cache: change.cache,
    latency_ms: change.latencyMs === undefined ? undefined : Math.round(change.latencyMs),
    ttft_ms: change.ttftMs == null ? change.ttftMs : Math.round(change.ttftMs),
    attempt: change.attempt,
    route: change.route,
    status: change.status,
    error_code: change.errorCode,
    http_status: change.httpStatus,
    finish_reason: change.finishReason,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function fromColumns(row: Selectable<Database['ledger']>): LedgerRow {
  return {
    id: row.id,
    requestId: row.request_id,
    userId: row.user_id,
    threadId: row.thread_id,
    runId: row.run_id,
    messageId: row.message_id,
    provider: row.provider,
    model: row.model,
    ...(row.served_model ? { servedModel: row.served_model } : {}),
    timestamp: row.timestamp,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    reasoningTokens: row.reasoning_tokens,
    costUsd: row.cost_usd,
    estimated: row.estimated === 1,
    cache: row.cache as LedgerRow['cache'],
    latencyMs: row.latency_ms,
    ttftMs: row.ttft_ms,
    attempt: row.attempt,
    route: row.route,
    status: row.status as LedgerRow['status'],
    errorCode: row.error_code,
    httpStatus: row.http_status,
    finishReason: row.finish_reason,
  };
}
