import type { UsageEntry } from '#protocol/usage.ts';
import { totalCost } from '../ledger/cost.ts';
import type { Admission } from '../v1/types.ts';

/** What a call has used, of the attempts that were made for it: all of them are billed. */
export function usedBy(attempts: readonly UsageEntry[]): Parameters<Admission['settle']>[0] {
  return { costUsd: totalCost(attempts), tokens: tokensOf(attempts) };
}

export function tokensOf(attempts: readonly UsageEntry[]): number {
  return attempts.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
}
