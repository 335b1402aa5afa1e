import type { ModelStatus } from '#protocol/model.ts';
import type { ModelFacts } from './catalogue/facts.ts';

const dayMs = 86_400_000;
/** So long before it is turned off, a model is marked, so that nobody starts long work on it. */
const warningDays = 30;

/** Computed from the dates against today, so that an installation that nobody updates is still right. */
export function statusOf(
  facts: Pick<ModelFacts, 'retired' | 'retiresOn' | 'deprecated'>,
  now: number,
): ModelStatus {
  if (facts.retired) return 'retired';
  const off = facts.retiresOn ? Date.parse(facts.retiresOn) : Number.POSITIVE_INFINITY;
  if (now >= off) return 'retired';
  return facts.deprecated || now >= off - warningDays * dayMs ? 'deprecated' : 'active';
}
