import type { KeyBudget, KeyLimits } from '#protocol/keys.ts';
import { duration, money, plural, tokens } from '#ui/client/format.ts';

const periods: Record<KeyBudget['period'], string> = {
  day: 'a day',
  month: 'a month',
  total: 'in all',
};

export function budgetWords({ usd, period, allowUnpriced }: KeyBudget): string {
  return `${money(usd)} ${periods[period]}${allowUnpriced ? ', models of unknown price allowed' : ''}`;
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
