import type { Selectable, Updateable } from 'kysely';
import type { Database } from './schema.ts';
import type { CacheHit, LedgerRow, LedgerStore, NewAttempt } from './ledger.types.ts';

type NewColumns = Omit<Database['ledger'], 'row'>;

export function reservedColumns(row: NewAttempt): NewColumns {
  return {
    ...ownerColumns(row),
    cost_usd: null,
    cache: null,
    latency_ms: 0,
    attempt: row.attempt,
    route: row.route,
    status: 'reserved',
    saved_usd: null,
  };
}

/** The columns that a new row is written with, in one order. */
export const rowColumns = [
  'id',
  'request_id',
  'user_id',
  'thread_id',
  'run_id',
  'message_id',
  'provider',
  'model',
  'served_model',
  'timestamp',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'estimated',
  'ttft_ms',
  'error_code',
  'error_detail',
  'http_status',
  'finish_reason',
  'key_id',
  'path',
  'endpoint',
  'end_user',
  'session_id',
  'session_path',
  'session_name',
  'cost_usd',
  'cache',
  'latency_ms',
  'attempt',
  'route',
  'status',
  'saved_usd',
] as const satisfies readonly (keyof NewColumns)[];

export function hitColumns(hit: CacheHit): NewColumns {
  return {
    ...ownerColumns(hit),
    cost_usd: 0,
    cache: 'HIT',
    latency_ms: Math.round(hit.latencyMs),
    attempt: 0,
    route: 'cache',
    status: 'settled',
    saved_usd: hit.savedUsd,
  };
}

function ownerColumns(row: NewAttempt | CacheHit) {
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
    estimated: 0,
    ttft_ms: null,
    error_code: null,
    error_detail: null,
    http_status: null,
    finish_reason: null,
    key_id: row.keyId ?? null,
    path: row.path ?? null,
    endpoint: row.endpoint ?? null,
    end_user: row.endUser ?? null,
    session_id: row.session?.id ?? null,
    session_path: row.session?.path ?? null,
    session_name: row.session?.name ?? null,
  };
}

/** The columns of what is given. */
export function changedColumns(change: Parameters<LedgerStore['settle']>[1]): Updateable<Database['ledger']> {
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
    error_detail: change.errorDetail,
  };
  const given: Record<string, unknown> = {};
  for (const name in columns) {
    const value = columns[name as keyof typeof columns];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

export function fromColumns(row: Selectable<Database['ledger']>): LedgerRow {
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
    ...(row.error_detail === null ? {} : { errorDetail: row.error_detail }),
    httpStatus: row.http_status,
    finishReason: row.finish_reason,
  };
}
