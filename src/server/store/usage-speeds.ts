import { setImmediate as breathe } from 'node:timers/promises';
import type { Performance } from '#protocol/usage-reports.ts';
import type { Queries } from './database.ts';
import { scanLedger } from './ledger-scan.ts';
import type { LedgerFilter } from './ledger.types.ts';
import { addBuckets, bucketOf, percentilesOf, readBuckets, type Buckets } from './percentiles.ts';
import { addSums, noSums, speedsOf, type Sums } from './usage-cells.ts';
import { foldLedger } from './usage-fold.ts';
import { exactModelGrouping, keptFor, separator, sumsBy } from './usage-sums.ts';

type Speeds = Map<string, Record<'latency' | 'ttft', Buckets>>;

/** How fast and how reliable, by model and by provider. */
export async function performanceOf(
  db: Queries,
  userId: string,
  filter: LedgerFilter,
): Promise<{ models: Performance[]; providers: Performance[] }> {
  const sums = await sumsBy(db, userId, exactModelGrouping, filter);
  const speeds = await speedsBy(db, userId, filter);
  const names = [...sums.keys()].sort();
  const models = names.map((name) => {
    const [provider, model] = name.split(separator) as [string, string];
    return describe(provider, model, [sums.get(name) ?? noSums()], [speeds.get(name)]);
  });
  const byProvider = Map.groupBy(names, (name) => name.split(separator)[0] ?? '');
  const providers = [...byProvider].map(([provider, of]) =>
    describe(
      provider,
      null,
      of.map((name) => sums.get(name) ?? noSums()),
      of.map((name) => speeds.get(name)),
    ),
  );
  return { models, providers };
}

function describe(
  provider: string,
  model: string | null,
  parts: readonly Sums[],
  speeds: readonly (Record<'latency' | 'ttft', Buckets> | undefined)[],
): Performance {
  const sums = noSums();
  for (const part of parts) addSums(sums, part);
  const { requests, failed, aborted, streamed_tokens: tokens, streaming_ms: ms } = sums;
  const ended = requests - aborted;
  return {
    provider,
    model,
    requests,
    failed,
    aborted,
    errorRate: ended > 0 ? failed / ended : null,
    latencyMs: percentilesOf(together(speeds.map((each) => each?.latency))),
    ttftMs: percentilesOf(together(speeds.map((each) => each?.ttft))),
    tokensPerSecond: ms > 0 ? (tokens / ms) * 1_000 : null,
  };
}

function together(all: readonly (Buckets | undefined)[]): Buckets {
  const found: Buckets = new Map();
  for (const buckets of all) addBuckets(found, buckets ?? []);
  return found;
}

/** Days of models that are read before others have a turn. */
const breathRows = 200;

/** By provider and model, from what is kept where the filter lets it, and from the rows after it. */
async function speedsBy(db: Queries, userId: string, filter: LedgerFilter): Promise<Speeds> {
  const kept = keptFor('all', filter)?.dimension === 'all';
  const afterRow = kept ? await foldLedger(db) : 0;
  const found: Speeds = new Map();
  const add = (
    { provider, model }: { provider: string; model: string },
    measure: 'latency' | 'ttft',
    buckets: Iterable<readonly [number, number]>,
  ) => {
    const key = provider + separator + model;
    let of = found.get(key);
    if (!of) found.set(key, (of = { latency: new Map(), ttft: new Map() }));
    addBuckets(of[measure], buckets);
  };
  const stored = kept ? await storedSpeeds(db, userId, filter) : [];
  for (const [at, row] of stored.entries()) {
    add(row, row.measure as 'latency' | 'ttft', readBuckets(row.buckets));
    if (at % breathRows === breathRows - 1) await breathe();
  }
  await scanLedger(db, { userId, filter, afterRow, properties: false }, (row) => {
    for (const [measure, ms] of speedsOf(row)) add(row, measure, [[bucketOf(ms), 1]]);
  });
  return found;
}

function storedSpeeds(db: Queries, userId: string, { provider, model, from, to }: LedgerFilter) {
  let query = db
    .selectFrom('ledger_speeds')
    .select(['provider', 'model', 'measure', 'buckets'])
    .where('user_id', '=', userId);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (model !== undefined) query = query.where('model', '=', model);
  if (from !== undefined) query = query.where('day', '>=', from);
  if (to !== undefined) query = query.where('day', '<=', to);
  return query.execute();
}
