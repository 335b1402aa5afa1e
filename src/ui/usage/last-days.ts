import type { UsageSum } from '#protocol/answers.ts';

export interface DayUsage {
  key: string;
  costUsd: number;
  tokens: number;
}

const count = 30;
const day = 86_400_000;

/** The last 30 days in UTC up to `now`, oldest first, days without a request included. */
export function lastDays(sums: readonly UsageSum[], now: Date): DayUsage[] {
  const byDay = new Map(sums.map((sum) => [sum.key, sum]));
  return Array.from({ length: count }, (_, index) => {
    const key = new Date(now.getTime() - (count - 1 - index) * day).toISOString().slice(0, 10);
    const sum = byDay.get(key);
    return { key, costUsd: sum?.costUsd ?? 0, tokens: (sum?.inputTokens ?? 0) + (sum?.outputTokens ?? 0) };
  });
}
