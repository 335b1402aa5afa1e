import type { KeyBudget, KeyLimits } from '#protocol/keys.ts';

/** The fields of `LimitFields.svelte` and `BudgetFields.svelte`; an empty one is no limit. */

export function readLimits(form: FormData): KeyLimits {
  const queueSeconds = numberOf(form, 'queueSeconds');
  return {
    ...given('requestsPerMinute', numberOf(form, 'requestsPerMinute')),
    ...given('tokensPerMinute', numberOf(form, 'tokensPerMinute')),
    ...given('concurrency', numberOf(form, 'concurrency')),
    ...given('queueMs', queueSeconds === null ? null : Math.round(queueSeconds * 1_000)),
  };
}

export function readBudget(form: FormData): KeyBudget | null {
  const usd = numberOf(form, 'budgetUsd');
  if (usd === null) return null;
  const period = form.get('budgetPeriod') as KeyBudget['period'];
  return { usd, period, ...(form.get('allowUnpriced') === null ? {} : { allowUnpriced: true }) };
}

function numberOf(form: FormData, name: string): number | null {
  const text = String(form.get(name) ?? '').trim();
  return text === '' ? null : Number(text);
}

const given = <Name extends string>(name: Name, value: number | null) =>
  (value === null ? {} : { [name]: value }) as Partial<Record<Name, number>>;
