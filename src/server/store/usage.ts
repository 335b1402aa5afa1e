import { sql, type RawBuilder } from 'kysely';
import type { Performance, TimelineDay, UsageGrouping } from '#protocol/usage-reports.ts';
import type { Queries } from './database.ts';
import { scanLedger } from './ledger-scan.ts';
import { bucketOf, percentilesOf, type Buckets } from './percentiles.ts';
import { listRequests, requestStory } from './requests.ts';
import type { LedgerFilter, UsageStore } from './ledger.types.ts';
import {
  addEntry,
  addSums,
  dayOf,
  noSums,
  speedsOf,
  sumColumns,
  totalsOf,
  valueIn,
  type Dimension,
  type LedgerEntry,
  type Sums,
} from './usage-cells.ts';
import { foldLedger } from './usage-fold.ts';

export function usageStore(db: Queries): UsageStore {
  return {
    async groupBy(userId, by, filter = {}) {
      const found = await sumsBy(db, userId, groupingOf(by), filter);
      return [...found]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([key, sums]) => ({ key, ...totalsOf(sums) }));
    },
    timeline: (userId, filter = {}) => timeline(db, userId, filter),
    performance: (userId, filter = {}) => performanceOf(db, userId, filter),
    async servedModels(userId) {
      const found = await sumsBy(db, userId, servedGrouping, {});
      return [...found.keys()].sort().map((key) => {
        const [servedModel, provider, model] = key.split(separator) as [string, string, string];
        return { key: `${provider}/${model}`, model, servedModel };
      });
    },
    requests: (userId, filter, page) => listRequests(db, userId, filter, page),
    story: (userId, requestId) => requestStory(db, userId, requestId),
  };
}

/** Of several columns in one text; no name holds it. */
const separator = '\u001f';

interface Cell {
  day: string;
  value: string;
  provider: string;
  model: string;
}

/** How sums are put together: in SQL for those that are kept, in code for rows that are not yet in them. */
interface Grouping {
  dimension: Dimension;
  stored: RawBuilder<string>;
  key(cell: Cell): string;
}

const byValue = { stored: sql<string>`value`, key: ({ value }: Cell) => value };

const dayGrouping: Grouping = { dimension: 'all', stored: sql`day`, key: ({ day }) => day };
const providerGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider`,
  key: ({ provider }) => provider,
};
const modelGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider || '/' || model`,
  key: ({ provider, model }) => `${provider}/${model}`,
};
const exactModelGrouping: Grouping = {
  dimension: 'all',
  stored: sql`provider || ${separator} || model`,
  key: ({ provider, model }) => provider + separator + model,
};
const timelineGrouping: Grouping = {
  dimension: 'all',
  stored: sql`day || ${separator} || provider || ${separator} || model`,
  key: ({ day, provider, model }) => [day, provider, model].join(separator),
};
const servedGrouping: Grouping = {
  dimension: 'served',
  stored: sql`value || ${separator} || provider || ${separator} || model`,
  key: ({ value, provider, model }) => [value, provider, model].join(separator),
};

function groupingOf(by: UsageGrouping): Grouping {
  if (by === 'day') return dayGrouping;
  if (by === 'provider') return providerGrouping;
  if (by === 'model') return modelGrouping;
  return { dimension: by, ...byValue };
}

/** Sums for each key of the grouping: from those that are kept, where they can tell, and from the rows after them. */
async function sumsBy(
  db: Queries,
  userId: string,
  grouping: Grouping,
  filter: LedgerFilter,
): Promise<Map<string, Sums>> {
  const kept = keptFor(grouping.dimension, filter);
  const afterRow = kept ? await foldLedger(db) : 0;
  const found = kept ? await storedSums(db, userId, grouping, filter, kept) : new Map<string, Sums>();
  const { dimension } = grouping;
  const properties = dimension.startsWith('property:');
  await scanLedger(db, { userId, filter, afterRow, properties }, (row, own) => {
    const value = valueIn(dimension, row, own);
    if (value === null) return;
    const key = grouping.key({ day: dayOf(row), value, provider: row.provider, model: row.model });
    let sums = found.get(key);
    if (!sums) found.set(key, (sums = noSums()));
    addEntry(sums, row);
  });
  return found;
}

/**
 * The dimension whose sums can tell: they know day, provider and model beside one value. A filter by anything else, or by
 * two of them, is answered from the rows themselves.
 */
function keptFor(wanted: Dimension, filter: LedgerFilter): { dimension: Dimension; value?: string } | null {
  const { keyId, endUser, sessionId, threadId, property } = filter;
  const asked: { dimension: Dimension; value: string }[] = [];
  if (keyId !== undefined) asked.push({ dimension: 'key', value: keyId ?? '' });
  if (endUser !== undefined) asked.push({ dimension: 'user', value: endUser });
  if (sessionId !== undefined) asked.push({ dimension: 'session', value: sessionId });
  if (threadId !== undefined) asked.push({ dimension: 'thread', value: threadId });
  if (property) asked.push({ dimension: `property:${property.name}`, value: property.value });
  const [first, ...more] = asked;
  if (!first) return { dimension: wanted };
  if (more.length) return null;
  return wanted === 'all' || wanted === first.dimension ? first : null;
}

async function storedSums(
  db: Queries,
  userId: string,
  { stored }: Grouping,
  { provider, model, from, to }: LedgerFilter,
  kept: { dimension: Dimension; value?: string },
): Promise<Map<string, Sums>> {
  let query = db
    .selectFrom('ledger_sums')
    .select(stored.as('key'))
    .select((eb) => sumColumns.map((column) => eb.fn.sum<number>(column).as(column)))
    .where('user_id', '=', userId)
    .where('dimension', '=', kept.dimension);
  if (kept.value !== undefined) query = query.where('value', '=', kept.value);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (model !== undefined) query = query.where('model', '=', model);
  if (from !== undefined) query = query.where('day', '>=', from);
  if (to !== undefined) query = query.where('day', '<=', to);
  const rows = await query.groupBy(stored).execute();
  return new Map(rows.map(({ key, ...sums }) => [key, sums as Sums]));
}

async function timeline(db: Queries, userId: string, filter: LedgerFilter): Promise<TimelineDay[]> {
  const found = await sumsBy(db, userId, timelineGrouping, filter);
  return [...found]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, sums]) => {
      const [day, provider, model] = key.split(separator) as [string, string, string];
      return { day, provider, model, ...totalsOf(sums) };
    });
}

type Speeds = Map<string, Record<'latency' | 'ttft', Buckets>>;

async function performanceOf(
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
  for (const buckets of all)
    for (const [bucket, count] of buckets ?? []) found.set(bucket, (found.get(bucket) ?? 0) + count);
  return found;
}

/** By provider and model, from what is kept where the filter lets it, and from the rows after it. */
async function speedsBy(db: Queries, userId: string, filter: LedgerFilter): Promise<Speeds> {
  const kept = keptFor('all', filter)?.dimension === 'all';
  const afterRow = kept ? await foldLedger(db) : 0;
  const found: Speeds = new Map();
  const add = (
    provider: string,
    model: string,
    measure: 'latency' | 'ttft',
    bucket: number,
    count: number,
  ) => {
    const key = provider + separator + model;
    let of = found.get(key);
    if (!of) found.set(key, (of = { latency: new Map(), ttft: new Map() }));
    of[measure].set(bucket, (of[measure].get(bucket) ?? 0) + count);
  };
  if (kept)
    for (const row of await storedSpeeds(db, userId, filter))
      add(row.provider, row.model, row.measure as 'latency' | 'ttft', row.bucket, row.count);
  await scanLedger(db, { userId, filter, afterRow, properties: false }, (row: LedgerEntry) => {
    for (const [measure, ms] of speedsOf(row)) add(row.provider, row.model, measure, bucketOf(ms), 1);
  });
  return found;
}

function storedSpeeds(db: Queries, userId: string, { provider, model, from, to }: LedgerFilter) {
  let query = db
    .selectFrom('ledger_speeds')
    .select(['provider', 'model', 'measure', 'bucket'])
    .select((eb) => eb.fn.sum<number>('count').as('count'))
    .where('user_id', '=', userId);
  if (provider !== undefined) query = query.where('provider', '=', provider);
  if (model !== undefined) query = query.where('model', '=', model);
  if (from !== undefined) query = query.where('day', '>=', from);
  if (to !== undefined) query = query.where('day', '<=', to);
  return query.groupBy(['provider', 'model', 'measure', 'bucket']).execute();
}
