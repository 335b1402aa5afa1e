import type { UsageAnswer } from '#protocol/answers.ts';
import { usageGrouping } from '#protocol/commands.ts';
import { CrosspointError } from '#protocol/errors.ts';
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
  const body: UsageAnswer = { groupBy, groups: await store.ledger.groupBy(userId, groupBy) };
  return { body };
};
