import type { Selectable } from 'kysely';
import { setImmediate as breathe } from 'node:timers/promises';
import type { RequestAttempt, RequestStatus, RequestStory, RequestSummary } from '#protocol/requests.ts';
import type { Queries } from './database.ts';
import { fromColumns } from './ledger-columns.ts';
import { requestConditions } from './ledger-filter.ts';
import { lastRow } from './ledger-scan.ts';
import type { Database } from './schema.ts';
import type { RequestFilter } from './ledger.types.ts';

type Row = Selectable<Database['ledger']>;

/** Rows that are looked through at once for those that fit. */
const windowRows = 50_000;

/** A request stands where its last attempt is: one line each, newest first. */
export async function listRequests(
  db: Queries,
  userId: string,
  filter: RequestFilter,
  { before, limit }: { before?: number; limit: number },
): Promise<{ requests: RequestSummary[]; next: number | null }> {
  const found: Row[] = [];
  let end = before ?? (await lastRow(db)) + 1;
  while (end > 1 && found.length <= limit) {
    const start = Math.max(1, end - windowRows);
    found.push(...(await lastAttempts(db, userId, filter, { start, end, limit: limit + 1 - found.length })));
    end = start;
    await breathe();
  }
  const shown = found.slice(0, limit);
  const next = found.length > limit ? (shown.at(-1)?.row ?? null) : null;
  return { requests: await summaries(db, userId, shown), next };
}

function lastAttempts(
  db: Queries,
  userId: string,
  filter: RequestFilter,
  { start, end, limit }: { start: number; end: number; limit: number },
): Promise<Row[]> {
  return db
    .selectFrom('ledger')
    .selectAll()
    .where((eb) => eb.and(requestConditions(eb, userId, filter)))
    .where('row', '>=', start)
    .where('row', '<', end)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('ledger as later')
            .select('later.row')
            .whereRef('later.request_id', '=', 'ledger.request_id')
            .whereRef('later.row', '>', 'ledger.row')
            .where('later.user_id', '=', userId),
        ),
      ),
    )
    .orderBy('row', 'desc')
    .limit(limit)
    .execute();
}

/** A request with all its attempts. */
export async function requestStory(
  db: Queries,
  userId: string,
  requestId: string,
): Promise<Pick<RequestStory, 'request' | 'attempts'> | null> {
  const rows = await attemptsOf(db, userId, [requestId]);
  const last = rows.at(-1);
  if (!last) return null;
  const [request] = await summaries(db, userId, [last]);
  return request ? { request, attempts: rows.map(attemptOf) } : null;
}

function attemptsOf(db: Queries, userId: string, ids: string[]): Promise<Row[]> {
  return db
    .selectFrom('ledger')
    .selectAll()
    .where('request_id', 'in', ids)
    .where('user_id', '=', userId)
    .orderBy('row')
    .execute();
}

async function summaries(db: Queries, userId: string, lasts: readonly Row[]): Promise<RequestSummary[]> {
  if (!lasts.length) return [];
  const ids = lasts.map(({ request_id }) => request_id);
  const all = Map.groupBy(await attemptsOf(db, userId, ids), ({ request_id }) => request_id);
  const properties = await propertiesOf(
    db,
    lasts.map(({ row }) => row),
  );
  return lasts.map((last) =>
    summary(last, all.get(last.request_id) ?? [last], properties.get(last.row) ?? {}),
  );
}

async function propertiesOf(db: Queries, rows: number[]): Promise<Map<number, Record<string, string>>> {
  const pairs = await db.selectFrom('ledger_properties').selectAll().where('row', 'in', rows).execute();
  const found = Map.groupBy(pairs, ({ row }) => row);
  return new Map(
    [...found].map(([row, of]) => [row, Object.fromEntries(of.map(({ name, value }) => [name, value]))]),
  );
}

function summary(last: Row, all: readonly Row[], properties: Record<string, string>): RequestSummary {
  const sum = (of: (row: Row) => number) => all.reduce((total, row) => total + of(row), 0);
  const { id: _attempt, requestId, ...entry } = fromColumns(last);
  // A failed attempt without tokens costs nothing; what was given up may have cost something that nobody told.
  const unpriced = all.some(
    ({ cost_usd, status, route, input_tokens, output_tokens }) =>
      cost_usd === null && (status === 'aborted' || route === 'web' || input_tokens + output_tokens > 0),
  );
  return {
    id: requestId,
    timestamp: entry.timestamp,
    provider: entry.provider,
    model: entry.model,
    ...(entry.servedModel === undefined ? {} : { servedModel: entry.servedModel }),
    status: statusOf(last),
    errorCode: entry.errorCode,
    errorDetail: last.error_detail,
    attempts: all.filter(({ route }) => route !== 'cache').length,
    inputTokens: sum((row) => row.input_tokens),
    outputTokens: sum((row) => row.output_tokens),
    cacheReadTokens: sum((row) => row.cache_read_tokens),
    cacheWriteTokens: sum((row) => row.cache_write_tokens),
    reasoningTokens: sum((row) => row.reasoning_tokens),
    costUsd: unpriced ? null : sum((row) => row.cost_usd ?? 0),
    estimated: all.some(({ estimated }) => estimated === 1),
    cache: entry.cache,
    savedUsd: last.saved_usd,
    latencyMs: entry.latencyMs,
    ttftMs: entry.ttftMs,
    route: entry.route,
    path: last.path,
    keyId: last.key_id,
    threadId: entry.threadId,
    runId: entry.runId,
    endUser: last.end_user,
    session: sessionOf(last),
    properties,
  };
}

function sessionOf({
  session_id: id,
  session_path: path,
  session_name: name,
}: Row): RequestSummary['session'] {
  return {
    ...(id === null ? {} : { id }),
    ...(path === null ? {} : { path }),
    ...(name === null ? {} : { name }),
  };
}

function statusOf({ route, status }: Row): RequestStatus {
  return route === 'cache' ? 'cached' : (status as RequestStatus);
}

function attemptOf(row: Row): RequestAttempt {
  const {
    id: _id,
    requestId: _request,
    userId: _user,
    threadId: _thread,
    runId: _run,
    messageId: _message,
    ...entry
  } = fromColumns(row);
  return {
    ...entry,
    status: statusOf(row),
    errorDetail: row.error_detail,
    endpoint: row.endpoint,
    savedUsd: row.saved_usd,
  };
}
