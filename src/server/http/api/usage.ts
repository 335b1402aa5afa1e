import type { UsageAnswer, UsageSum } from '#protocol/answers.ts';
import { reportQuery, usageQuery } from '#protocol/report-queries.ts';
import { isServedAsAsked } from '#protocol/served-model.ts';
import type { PerformanceAnswer, TimelineAnswer } from '#protocol/usage-reports.ts';
import type { UsageGroup } from '#server/store/ledger.types.ts';
import type { Store } from '#server/store/store.ts';
import type { Endpoint } from '../endpoint.ts';
import { daysOf, ledgerFilter, readQuery } from './report-filter.ts';

/** Sums over the ledger; over all of it where no day is named. */
export const getUsage: Endpoint = async ({ store }, { query, userId }) => {
  const { groupBy: asked, ...asks } = readQuery(usageQuery, query);
  const groupBy = asked.startsWith('property:') ? (asked.toLowerCase() as typeof asked) : asked;
  const groups = await store.usage.groupBy(userId, groupBy, ledgerFilter(asks));
  const body: UsageAnswer = {
    groupBy,
    groups: groupBy === 'model' ? await withServedOtherwise(store, userId, groups) : groups,
  };
  return { body };
};

/** `GET /api/usage/timeline` */
export const getTimeline: Endpoint = async ({ store }, { query, userId }) => {
  const asks = readQuery(reportQuery, query);
  const days = daysOf(asks);
  const filter = ledgerFilter({ ...asks, ...days });
  const body: TimelineAnswer = { ...days, days: await store.usage.timeline(userId, filter) };
  return { body };
};

/** `GET /api/usage/performance` */
export const getPerformance: Endpoint = async ({ store }, { query, userId }) => {
  const asks = readQuery(reportQuery, query);
  const days = daysOf(asks);
  const filter = ledgerFilter({ ...asks, ...days });
  const body: PerformanceAnswer = { ...days, ...(await store.usage.performance(userId, filter)) };
  return { body };
};

async function withServedOtherwise(
  store: Store,
  userId: string,
  groups: readonly UsageGroup[],
): Promise<UsageSum[]> {
  const served = await store.usage.servedModels(userId);
  const others = served.filter(({ model, servedModel }) => !isServedAsAsked(model, servedModel));
  const byKey = Map.groupBy(others, ({ key }) => key);
  return groups.map((group) => {
    const names = byKey.get(group.key)?.map(({ servedModel }) => servedModel);
    return names ? { ...group, servedOtherwise: names } : group;
  });
}
