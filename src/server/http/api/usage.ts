import type { UsageAnswer, UsageSum } from '#protocol/answers.ts';
import { usageGrouping } from '#protocol/commands.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { isServedAsAsked } from '#protocol/served-model.ts';
import type { Store, UsageGroup } from '#server/store/store.ts';
import * as v from 'valibot';
import type { Endpoint } from '../endpoint.ts';

/** Sums over the ledger. */
export const getUsage: Endpoint = async ({ store }, { query, userId }) => {
  const grouping = v.safeParse(usageGrouping, query.get('groupBy') ?? 'model');
  if (!grouping.success)
    throw new CrosspointError('bad_request', {
      detail: `"groupBy" takes one of: ${usageGrouping.options.join(', ')}.`,
    });
  const groupBy = grouping.output;
  const groups = await store.usage.groupBy(userId, groupBy);
  const body: UsageAnswer = {
    groupBy,
    groups: groupBy === 'model' ? await withServedOtherwise(store, userId, groups) : groups,
  };
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
