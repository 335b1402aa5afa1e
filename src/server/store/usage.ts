import type { TimelineDay, UsageGrouping } from '#protocol/usage-reports.ts';
import type { Queries } from './database.ts';
import type { LedgerFilter, UsageGroup, UsageStore } from './ledger.types.ts';
import { listRequests, requestStory } from './requests.ts';
import { totalsOf } from './usage-cells.ts';
import { foldLedger } from './usage-fold.ts';
import { performanceOf } from './usage-speeds.ts';
import { groupingOf, separator, servedGrouping, sumsBy, timelineGrouping } from './usage-sums.ts';

/** @param ready resolves when what was written so far is in the table */
export function usageStore(db: Queries, ready: () => Promise<void> = () => Promise.resolve()): UsageStore {
  const read = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await ready();
    return work();
  };
  return {
    groupBy: (userId, by, filter = {}) => read(() => groupBy(db, userId, by, filter)),
    timeline: (userId, filter = {}) => read(() => timeline(db, userId, filter)),
    performance: (userId, filter = {}) => read(() => performanceOf(db, userId, filter)),
    servedModels: (userId) => read(() => servedModels(db, userId)),
    fold: () => read(async () => void (await foldLedger(db))),
    requests: (userId, filter, page) => read(() => listRequests(db, userId, filter, page)),
    story: (userId, requestId) => read(() => requestStory(db, userId, requestId)),
  };
}

async function groupBy(
  db: Queries,
  userId: string,
  by: UsageGrouping,
  filter: LedgerFilter,
): Promise<UsageGroup[]> {
  const found = await sumsBy(db, userId, groupingOf(by), filter);
  return [...found]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, sums]) => ({ key, ...totalsOf(sums) }));
}

async function servedModels(
  db: Queries,
  userId: string,
): Promise<{ key: string; model: string; servedModel: string }[]> {
  const found = await sumsBy(db, userId, servedGrouping, {});
  return [...found.keys()].sort().map((key) => {
    const [servedModel, provider, model] = key.split(separator) as [string, string, string];
    return { key: `${provider}/${model}`, model, servedModel };
  });
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
