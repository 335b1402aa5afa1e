import type { NeededCompaction } from '#protocol/compaction.ts';
import type { Message } from '#protocol/message.ts';
import type { ModelCost } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { Target } from '#server/gateway/types.ts';
import type { Count } from './tokens/token-counter.ts';
import type { ProjectionReport } from './types.ts';

/** What the first request after a switch would be, by the same rules as the request itself. */
export interface ExpectedRequest {
  report: ProjectionReport;
  count: Count;
  /** Absent when the conversation fits. */
  compaction?: NeededCompaction;
}

/**
 * What a switch keeps, converts and loses, and what its first turn costs (CONTRACT section 5).
 * `firstTurnCostUsd` reads everything uncached; `cachedTurnCostUsd` is what the same input costs once it is cached. Both
 * are of what can be sent: of the shorter form where the whole does not fit. Both are absent when the price is unknown.
 */
export function makeReceipt(
  transcript: readonly Message[],
  from: Target | null,
  to: Target,
  { report, count, compaction }: ExpectedRequest,
): SwitchReceipt {
  return {
    from: from ? nameOf(from) : '',
    to: nameOf(to),
    ...report,
    contextTokens: count.tokens,
    estimated: count.estimated,
    tokenizer: count.tokenizer,
    contextWindow: to.contextWindow,
    fits: !compaction,
    ...(compaction ? { compaction } : {}),
    ...costs(to.cost, compaction?.tokensAfter ?? count.tokens),
    warnings: warningsFor(transcript, to, compaction),
  };
}

export function nameOf(target: Pick<Target, 'provider' | 'model'>): string {
  return `${target.provider}/${target.model}`;
}

/** USD of reading and writing so many tokens, nothing cached; null when the price is unknown. */
export function priceOf(cost: ModelCost, inputTokens: number, outputTokens: number): number | null {
  const tier = tierOf(cost, inputTokens);
  if (tier.input === null || tier.output === null) return null;
  return (inputTokens * tier.input + outputTokens * tier.output) / 1e6;
}

function tierOf(cost: ModelCost, tokens: number): Pick<ModelCost, 'input' | 'output' | 'cacheRead'> {
  return cost.tiers?.findLast(({ above }) => tokens > above) ?? cost;
}

function costs(
  cost: ModelCost,
  tokens: number,
): Pick<SwitchReceipt, 'firstTurnCostUsd' | 'cachedTurnCostUsd'> {
  const tier = tierOf(cost, tokens);
  if (tier.input === null) return {};
  const cached = tier.cacheRead ?? tier.input;
  return { firstTurnCostUsd: (tokens * tier.input) / 1e6, cachedTurnCostUsd: (tokens * cached) / 1e6 };
}

function warningsFor(
  transcript: readonly Message[],
  to: Target,
  compaction: NeededCompaction | undefined,
): string[] {
  const warnings: string[] = [];
  if (compaction)
    warnings.push(
      compaction.available
        ? `The conversation does not fit into the ${to.contextWindow} tokens of ${to.model}: it gets the shorter form.`
        : `The conversation does not fit into the ${to.contextWindow} tokens of ${to.model}.`,
    );
  const usesTools = transcript.some((message) => message.role === 'tool');
  if (!to.capabilities.tools && usesTools) warnings.push(`${to.model} cannot call tools: it can only talk.`);
  if (to.cost.input === null) warnings.push(`The price of ${to.model} is not known.`);
  return warnings;
}
