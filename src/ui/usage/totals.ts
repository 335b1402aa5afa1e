import type { UsageTotals } from '#protocol/usage-reports.ts';
import { money } from '#ui/client/format.ts';

const none: UsageTotals = {
  requests: 0,
  failed: 0,
  aborted: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
  unpriced: 0,
  estimated: 0,
  cacheHits: 0,
  savedUsd: 0,
};

export function totalOf(rows: readonly UsageTotals[]): UsageTotals {
  const fields = Object.keys(none) as (keyof UsageTotals)[];
  return rows.reduce(
    (total, row) => {
      for (const field of fields) total[field] += row[field];
      return total;
    },
    { ...none },
  );
}

/** A sum without an unknown price is no sum, and one with tokens that we counted is about right. */
export function costWords({
  costUsd,
  unpriced,
  estimated,
}: Pick<UsageTotals, 'costUsd' | 'unpriced' | 'estimated'>): string {
  if (unpriced > 0) return costUsd > 0 ? `at least ${money(costUsd)}` : 'price unknown';
  return `${estimated > 0 && costUsd > 0 ? 'about ' : ''}${money(costUsd)}`;
}

/** Failures among those that were not given up by the caller; null where there is none. */
export function errorRate({ requests, failed, aborted }: UsageTotals): number | null {
  const ended = requests - aborted;
  return ended > 0 ? failed / ended : null;
}

/** 0 % · 0.4 % · 12 %; never none for a few. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value > 0 && value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}
