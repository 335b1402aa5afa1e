import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { requestLines } from '#server/http/api/requests-csv.ts';
import type { LedgerFilter, RequestFilter } from '#server/store/ledger.types.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Benchmark, Figure } from './support/figures.ts';

const rows = 1_000_000;
const user = 'owner';

/** A year of a busy gateway: 12 models, 40 keys, 200 end users, 20,000 sessions, 5 % failures, properties on a tenth. */
function seed(path: string): void {
  const database = new DatabaseSync(path);
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`;
  database.exec(`begin; ${numbers}
    insert into ledger (id, request_id, user_id, thread_id, provider, model, timestamp, input_tokens, output_tokens,
      cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, estimated, latency_ms, ttft_ms, attempt, route,
      status, error_code, error_detail, key_id, path, end_user, session_id)
    select 'a' || i, printf('%08x-0000-4000-8000-%012x', i, i), '${user}', case when i % 3 = 0 then 't' || (i / 60) end,
      'p' || (i % 4), 'm' || (i % 12),
      strftime('%Y-%m-%dT%H:%M:%fZ', 1764000000 + i * 31, 'unixepoch'),
      200 + i % 9000, 50 + i % 700, i % 200, 0, 0, case when i % 50 = 0 then null else 0.0001 * (i % 90) end, 0,
      300 + (i * 7919) % 60000, 100 + (i * 104729) % 3000, 1, 'direct',
      case when i % 20 = 0 then 'failed' else 'settled' end, case when i % 20 = 0 then 'provider_overloaded' end,
      case when i % 1000 = 0 then 'the engine is too busy' end,
      case when i % 3 <> 0 then 'k' || (i % 40) end, case when i % 3 <> 0 then '/v1/chat/completions' end,
      'u' || (i % 200), 's' || (i / 50) from n;
    insert into ledger_properties select '${user}', 'team', 'team' || (row % 7), row from ledger where row % 10 = 0;
    commit`);
  database.close();
}

/** Reports and lists over a ledger of a million rows; the longest time for which nobody else has a turn is measured too. */
export const ledger: Benchmark = { name: 'ledger of a million rows', run };

async function run() {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-ledger-'));
  await (await openStore(dir)).close();
  seed(join(dir, 'crosspoint.db'));
  const { usage, close } = await openStore(dir);
  const figures: Figure[] = [];
  const month: LedgerFilter = { from: '2026-01-01', to: '2026-01-31' };
  const measure = async (name: string, bar: number | undefined, work: () => Promise<unknown>) => {
    const { ms, stall } = await timed(work);
    const detail = `others waited at most ${stall.toFixed(0)} ms`;
    figures.push({ name, value: ms, unit: 'ms', ...(bar === undefined ? {} : { bar }), detail });
  };
  const list = (filter: RequestFilter) => () => usage.requests(user, filter, { limit: 50 });
  await measure('first report: all rows are summed up', undefined, () => usage.groupBy(user, 'model'));
  await measure('usage by model', 100, () => usage.groupBy(user, 'model'));
  await measure('usage by thread', 500, () => usage.groupBy(user, 'thread'));
  await measure('usage by session, a month', 200, () => usage.groupBy(user, 'session', month));
  await measure('usage by property', 100, () => usage.groupBy(user, 'property:team'));
  await measure('usage of a key by day', 200, () => usage.groupBy(user, 'day', { keyId: 'k7' }));
  await measure('usage by user of a key, from the rows', 3_000, () =>
    usage.groupBy(user, 'user', { keyId: 'k7' }),
  );
  await measure('timeline, a month', 100, () => usage.timeline(user, month));
  await measure('percentiles, a month', 100, () => usage.performance(user, month));
  await measure('percentiles, a year', 400, () => usage.performance(user));
  await measure('requests: newest', 50, list({}));
  await measure('requests of a key', 50, list({ keyId: 'k7' }));
  await measure('requests with a property', 50, list({ property: { name: 'team', value: 'team3' } }));
  await measure('requests that failed with a word', 100, list({ error: 'too busy' }));
  // m2 is asked of p2 alone.
  await measure('requests: nothing fits, all are looked through', 3_000, async () => {
    const page = await usage.requests(user, { provider: 'p1', model: 'm2' }, { limit: 50 });
    assert.deepEqual(page.requests, [], 'no row is of this provider and this model');
  });
  await measure('a page in the middle', 50, () => usage.requests(user, {}, { before: rows / 2, limit: 50 }));
  await measure('one request', 20, () => usage.story(user, '0007a120-0000-4000-8000-00000007a120'));
  await measure('CSV of a key', 10_000, async () => {
    for await (const lines of requestLines(usage, user, { keyId: 'k7' })) void lines.length;
  });
  await close();
  rmSync(dir, { recursive: true });
  return { figures };
}

/** @returns how long it took, and the longest time in which the loop did not turn */
async function timed(work: () => Promise<unknown>): Promise<{ ms: number; stall: number }> {
  let last = performance.now();
  let stall = 0;
  const look = () => {
    stall = Math.max(stall, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 1);
  const started = performance.now();
  await work();
  look();
  clearInterval(timer);
  return { ms: performance.now() - started, stall };
}
