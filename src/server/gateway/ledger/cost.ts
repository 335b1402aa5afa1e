import type { ModelCost } from '#protocol/model.ts';
import type { UsageEntry } from '#protocol/usage.ts';

export type TokenCounts = Pick<
  UsageEntry,
  'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'
> & {
  /** Of `cacheWriteTokens`: those that are kept for an hour. */
  longCacheWriteTokens?: number | undefined;
};

/** Of the input rate, for a write that is kept for an hour (https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing). */
const longWriteFactor = 2;

interface Rates {
  input: number | null;
  output: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
}

/**
 * What an attempt costs in USD, or null when a price that it needs is unknown: never 0 for unknown.
 * Prices are per 1M tokens. `inputTokens` includes cached ones, `outputTokens` includes reasoning. A request that is
 * larger than a tier's limit is priced at that tier as a whole, as OpenAI, Anthropic and Google do.
 */
export function costUsd(cost: ModelCost, tokens: TokenCounts): number | null {
  const rates = ratesFor(cost, tokens.inputTokens);
  const long = tokens.longCacheWriteTokens ?? 0;
  const cached = tokens.cacheReadTokens + tokens.cacheWriteTokens;
  const priced: [number, number | null][] = [
    [Math.max(0, tokens.inputTokens - cached), rates.input],
    [tokens.cacheReadTokens, rates.cacheRead],
    [tokens.cacheWriteTokens - long, rates.cacheWrite],
    [long, rates.input === null ? null : rates.input * longWriteFactor],
    [tokens.outputTokens, rates.output],
  ];
  if (rates.input === null || rates.output === null) return null;
  let total = 0;
  for (const [count, rate] of priced) {
    if (count === 0) continue;
    if (rate === null) return null;
    total += count * rate;
  }
  return total / 1_000_000;
}

/** Sum of what all attempts cost; null when a price is unknown. */
export function totalCost(usages: readonly UsageEntry[]): number | null {
  let sum = 0;
  for (const { costUsd } of usages) {
    if (costUsd === null) return null;
    sum += costUsd;
  }
  return sum;
}

/** A cache rate that a price list leaves out is the input rate; one that it gives as null is unknown. */
function ratesFor(cost: ModelCost, inputTokens: number): Rates {
  const base: Rates = {
    input: cost.input,
    output: cost.output,
    cacheRead: cost.cacheRead === undefined ? cost.input : cost.cacheRead,
    cacheWrite: cost.cacheWrite === undefined ? cost.input : cost.cacheWrite,
  };
  const tier = cost.tiers?.filter(({ above }) => inputTokens > above).at(-1);
  if (!tier) return base;
  // Providers raise the cache rates of a tier by the factor of its input rate.
  const factor = base.input ? tier.input / base.input : 1;
  const scaled = (rate: number | null) => (rate === null ? null : rate * factor);
  return {
    input: tier.input,
    output: tier.output,
    cacheRead: tier.cacheRead ?? scaled(base.cacheRead),
    cacheWrite: tier.cacheWrite ?? scaled(base.cacheWrite),
  };
}
