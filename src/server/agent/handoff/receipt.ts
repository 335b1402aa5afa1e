import type { Message } from '#protocol/message.ts';
import type { ModelCost } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { Target } from '#server/gateway/types.ts';
import { project } from './project.ts';
import { estimateTokens } from './tokens.ts';

export interface ReceiptExtras {
  /** Length of the system prompt and the tool definitions. */
  otherCharacters?: number;
  /** Input tokens that the provider reported for the last request of this thread: better than any estimate. */
  measuredTokens?: number;
}

/** The part of the window that stays free for the answer when the target does not say how much it writes. */
const defaultAnswerTokens = 8_192;

/**
 * What a switch keeps, converts and loses, and what its first turn costs (CONTRACT section 5).
 * `firstTurnCostUsd` reads everything uncached; `cachedTurnCostUsd` is what the same input costs once it is cached.
 * Both are absent when the price is unknown.
 */
export function makeReceipt(
  transcript: readonly Message[],
  from: Target | null,
  to: Target,
  extras: ReceiptExtras = {},
): SwitchReceipt {
  const projection = project(transcript, to);
  const estimate = estimateTokens(projection.messages, extras.otherCharacters ?? 0);
  const contextTokens = Math.max(estimate, extras.measuredTokens ?? 0);
  const fits = to.contextWindow === null || contextTokens + answerTokens(to) <= to.contextWindow;
  return {
    from: from ? nameOf(from) : '',
    to: nameOf(to),
    ...projection.report,
    contextTokens,
    contextWindow: to.contextWindow,
    fits,
    ...(fits
      ? {}
      : { compaction: { needed: true, why: `The conversation needs about ${contextTokens} tokens.` } }),
    ...costs(to.cost, contextTokens),
    warnings: warningsFor(transcript, to, fits),
  };
}

function nameOf(target: Target): string {
  return `${target.provider}/${target.model}`;
}

function answerTokens(target: Target): number {
  const half = target.contextWindow === null ? Infinity : target.contextWindow / 2;
  return Math.min(target.maxOutput ?? defaultAnswerTokens, defaultAnswerTokens, half);
}

function costs(
  cost: ModelCost,
  tokens: number,
): Pick<SwitchReceipt, 'firstTurnCostUsd' | 'cachedTurnCostUsd'> {
  const tier = cost.tiers?.findLast(({ above }) => tokens > above) ?? cost;
  if (tier.input === null) return {};
  const cached = tier.cacheRead ?? tier.input;
  return { firstTurnCostUsd: (tokens * tier.input) / 1e6, cachedTurnCostUsd: (tokens * cached) / 1e6 };
}

function warningsFor(transcript: readonly Message[], to: Target, fits: boolean): string[] {
  const warnings: string[] = [];
  if (!fits)
    warnings.push(`The conversation does not fit into the ${to.contextWindow} tokens of ${to.model}.`);
  const usesTools = transcript.some((message) => message.role === 'tool');
  if (!to.capabilities.tools && usesTools) warnings.push(`${to.model} cannot call tools: it can only talk.`);
  if (to.cost.input === null) warnings.push(`The price of ${to.model} is not known.`);
  return warnings;
}
