import { costUsd } from '../ledger/cost.ts';
import type { Target } from '../types.ts';
import type { AskedCall } from '../v1/types.ts';

/** Tokens that are reserved where nobody says how long the answer may be. */
export const usualOutput = 4_096;

/**
 * The worst case of a call to `target`, for what is to be reserved. It is counted when a limit first asks for it: most
 * calls are limited by nothing, and a long conversation takes long to count.
 * @param countInput tokens of the request
 * @param longestAnswer tokens; the model's own limit holds in any case
 */
export function worstCase(target: Target, countInput: () => number, longestAnswer: number): AskedCall {
  const { provider, model, cost, maxOutput } = target;
  let counted: AskedCall['estimate'] | undefined;
  const count = () => {
    const inputTokens = countInput();
    const outputTokens = Math.min(longestAnswer, maxOutput ?? Infinity);
    const tokens = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
    return { tokens: inputTokens + outputTokens, costUsd: costUsd(cost, tokens) };
  };
  return {
    provider,
    model,
    get estimate() {
      return (counted ??= count());
    },
  };
}
