import type { UsageTotals } from '#protocol/usage-reports.ts';
import type { Database, SumColumn } from './schema.ts';

/** What a report looks at of one row of the ledger. */
export type LedgerEntry = Pick<
  Database['ledger'],
  | 'user_id'
  | 'thread_id'
  | 'provider'
  | 'model'
  | 'served_model'
  | 'timestamp'
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_read_tokens'
  | 'cache_write_tokens'
  | 'reasoning_tokens'
  | 'cost_usd'
  | 'estimated'
  | 'latency_ms'
  | 'ttft_ms'
  | 'route'
  | 'status'
  | 'key_id'
  | 'end_user'
  | 'session_id'
  | 'saved_usd'
> & { row: number };

export const entryColumns = [
  'row',
  'user_id',
  'thread_id',
  'provider',
  'model',
  'served_model',
  'timestamp',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'estimated',
  'latency_ms',
  'ttft_ms',
  'route',
  'status',
  'key_id',
  'end_user',
  'session_id',
  'saved_usd',
] as const;

export type Sums = Record<SumColumn, number>;

export const sumColumns: readonly SumColumn[] = [
  'requests',
  'failed',
  'aborted',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'cost_usd',
  'unpriced',
  'estimated',
  'cache_hits',
  'saved_usd',
  'streamed_tokens',
  'streaming_ms',
];

export function noSums(): Sums {
  return Object.fromEntries(sumColumns.map((column) => [column, 0])) as Sums;
}

/** What one row adds to every sum that it belongs to. */
export function addEntry(sums: Sums, row: LedgerEntry): void {
  if (row.route === 'cache') {
    sums.cache_hits += 1;
    sums.saved_usd += row.saved_usd ?? 0;
    return;
  }
  sums.requests += 1;
  if (row.status === 'failed') sums.failed += 1;
  if (row.status === 'aborted') sums.aborted += 1;
  sums.input_tokens += row.input_tokens;
  sums.output_tokens += row.output_tokens;
  sums.cache_read_tokens += row.cache_read_tokens;
  sums.cache_write_tokens += row.cache_write_tokens;
  sums.reasoning_tokens += row.reasoning_tokens;
  sums.cost_usd += row.cost_usd ?? 0;
  sums.estimated += row.estimated;
  // A failed attempt without tokens costs nothing, whatever the price; the web is not counted in tokens.
  const used = row.input_tokens + row.output_tokens > 0 || row.route === 'web';
  if (row.cost_usd === null && row.status !== 'reserved' && used) sums.unpriced += 1;
  if (row.status !== 'settled' || row.ttft_ms === null || row.latency_ms <= row.ttft_ms) return;
  sums.streamed_tokens += row.output_tokens;
  sums.streaming_ms += row.latency_ms - row.ttft_ms;
}

export function addSums(sums: Sums, more: Sums): void {
  for (const column of sumColumns) sums[column] += more[column];
}

export function totalsOf(sums: Sums): UsageTotals {
  return {
    requests: sums.requests,
    failed: sums.failed,
    aborted: sums.aborted,
    inputTokens: sums.input_tokens,
    outputTokens: sums.output_tokens,
    cacheReadTokens: sums.cache_read_tokens,
    cacheWriteTokens: sums.cache_write_tokens,
    reasoningTokens: sums.reasoning_tokens,
    costUsd: sums.cost_usd,
    unpriced: sums.unpriced,
    estimated: sums.estimated,
    cacheHits: sums.cache_hits,
    savedUsd: sums.saved_usd,
  };
}

/** By which sums are kept; `all` has the one value ''. Properties have one each: `property:<name>`. */
export type Dimension = 'all' | 'thread' | 'key' | 'user' | 'session' | 'served' | `property:${string}`;

const valueOf: Record<Exclude<Dimension, `property:${string}`>, (row: LedgerEntry) => string | null> = {
  all: () => '',
  thread: (row) => row.thread_id ?? '',
  key: (row) => row.key_id ?? '',
  user: (row) => row.end_user ?? '',
  session: (row) => row.session_id ?? '',
  served: (row) => row.served_model,
};

const plainDimensions = Object.keys(valueOf) as (keyof typeof valueOf)[];

/** The value of a row in a dimension; null: it is not in it. @param properties its own */
export function valueIn(
  dimension: Dimension,
  row: LedgerEntry,
  properties: ReadonlyMap<string, string> | undefined,
): string | null {
  if (!dimension.startsWith('property:')) return valueOf[dimension as keyof typeof valueOf](row);
  return properties?.get(dimension.slice('property:'.length)) ?? null;
}

/** Every dimension in which a row counts. */
export function dimensionsOf(properties: ReadonlyMap<string, string> | undefined): Dimension[] {
  const named = properties ? [...properties.keys()].map((name): Dimension => `property:${name}`) : [];
  return [...plainDimensions, ...named];
}

export function dayOf({ timestamp }: LedgerEntry): string {
  return timestamp.slice(0, 10);
}

/** How long a whole answer took, and its first token; nothing of what failed, was given up, or came from the cache. */
export function speedsOf(row: LedgerEntry): ['latency' | 'ttft', number][] {
  if (row.status !== 'settled' || row.route === 'cache') return [];
  return row.ttft_ms === null
    ? [['latency', row.latency_ms]]
    : [
        ['latency', row.latency_ms],
        ['ttft', row.ttft_ms],
      ];
}
