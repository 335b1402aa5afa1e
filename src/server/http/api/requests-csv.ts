import type { RequestSummary } from '#protocol/requests.ts';
import type { RequestFilter, UsageStore } from '#server/store/ledger.types.ts';

const pageRows = 200;

type Cell = string | number | boolean | null | undefined;

const columns: Record<string, (request: RequestSummary) => Cell> = {
  id: ({ id }) => id,
  timestamp: ({ timestamp }) => timestamp,
  status: ({ status }) => status,
  provider: ({ provider }) => provider,
  model: ({ model }) => model,
  served_model: ({ servedModel }) => servedModel,
  path: ({ path }) => path,
  route: ({ route }) => route,
  attempts: ({ attempts }) => attempts,
  input_tokens: ({ inputTokens }) => inputTokens,
  output_tokens: ({ outputTokens }) => outputTokens,
  cache_read_tokens: ({ cacheReadTokens }) => cacheReadTokens,
  cache_write_tokens: ({ cacheWriteTokens }) => cacheWriteTokens,
  reasoning_tokens: ({ reasoningTokens }) => reasoningTokens,
  // An unknown price is an empty cell, never 0.
  cost_usd: ({ costUsd }) => costUsd,
  estimated: ({ estimated }) => estimated,
  cache: ({ cache }) => cache,
  saved_usd: ({ savedUsd }) => savedUsd,
  latency_ms: ({ latencyMs }) => latencyMs,
  ttft_ms: ({ ttftMs }) => ttftMs,
  error_code: ({ errorCode }) => errorCode,
  error_detail: ({ errorDetail }) => errorDetail,
  key_id: ({ keyId }) => keyId,
  thread_id: ({ threadId }) => threadId,
  run_id: ({ runId }) => runId,
  end_user: ({ endUser }) => endUser,
  session_id: ({ session }) => session.id,
  session_path: ({ session }) => session.path,
  session_name: ({ session }) => session.name,
  properties: ({ properties }) => (Object.keys(properties).length ? JSON.stringify(properties) : null),
};

/** All requests that fit as lines of CSV (RFC 4180), read page by page while they are sent. */
export async function* requestLines(
  usage: Pick<UsageStore, 'requests'>,
  userId: string,
  filter: RequestFilter,
): AsyncGenerator<string> {
  yield `${Object.keys(columns).join(',')}\r\n`;
  let before: number | null | undefined;
  do {
    const page = { limit: pageRows, ...(before ? { before } : {}) };
    const { requests, next } = await usage.requests(userId, filter, page);
    if (requests.length) yield requests.map(lineOf).join('');
    before = next;
  } while (before !== null);
}

function lineOf(request: RequestSummary): string {
  const cells = Object.values(columns).map((column) => cellText(column(request)));
  return `${cells.join(',')}\r\n`;
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe, which makes it a text
 * (https://owasp.org/www-community/attacks/CSV_Injection): names and words of others stand in these cells.
 */
function cellText(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^\s*[=+\-@\t\r|%]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== value ? `"${text.replaceAll('"', '""')}"` : text;
}
