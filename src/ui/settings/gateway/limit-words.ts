import type { BudgetUse, KeyBudget, KeyLimits } from '#protocol/keys.ts';
import { duration, moment, money, plural, tokens } from '#ui/client/format.ts';

const periods: Record<KeyBudget['period'], string> = {
  day: 'a day',
  month: 'a month',
  total: 'in all',
};

export function budgetWords({ usd, period, allowUnpriced }: KeyBudget): string {
  return `${money(usd)} ${periods[period]}${allowUnpriced ? ', models of unknown price allowed' : ''}`;
}

/** `$1.20 of $5.00 a month spent, anew on Dec 1, 01:00`; the budget alone where nobody knows what was spent of it. */
export function spentWords(budget: KeyBudget, use: BudgetUse | null): string {
  if (!use) return `budget ${budgetWords(budget)}`;
  const { spentUsd, heldUsd, unpricedCalls, resetsAt } = use;
  return [
    `${money(spentUsd)} of ${budgetWords(budget)} spent`,
    heldUsd > 0 ? `up to ${money(heldUsd)} more by calls under way` : '',
    unpricedCalls > 0 ? `${plural(unpricedCalls, 'call')} of unknown price not counted` : '',
    resetsAt ? `counts anew ${moment(resetsAt)}` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** `60 requests a minute, 4 at once, waits up to 20 s`; empty where nothing is limited. */
export function limitWords(limits: KeyLimits): string {
  const { requestsPerMinute, tokensPerMinute, concurrency, queueMs } = limits;
  return [
    requestsPerMinute ? `${plural(requestsPerMinute, 'request')} a minute` : '',
    tokensPerMinute ? `${tokens(tokensPerMinute)} tokens a minute` : '',
    concurrency ? `${concurrency.toLocaleString('en')} at once` : '',
    queueMs ? `waits up to ${duration(queueMs)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
