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
  return new WorstCase(target, countInput, longestAnswer);
}

/**
 * A class for the sake of its getter. In an object literal V8 makes one anew with each object, and with it a shape that only
 * this object has: shapes are kept until the next full collection, and with them all that the getter sees of its call
 * (measured: a seventh of the processor time of a call, and 7 KB of each kept).
 */
class WorstCase implements AskedCall {
  readonly provider: string;
  readonly model: string;
  readonly #target: Target;
  readonly #countInput: () => number;
  readonly #longestAnswer: number;
  #counted: AskedCall['estimate'] | undefined;

  constructor(target: Target, countInput: () => number, longestAnswer: number) {
    this.provider = target.provider;
    this.model = target.model;
    this.#target = target;
    this.#countInput = countInput;
    this.#longestAnswer = longestAnswer;
  }

  get estimate(): AskedCall['estimate'] {
    return (this.#counted ??= this.#count());
  }

  #count(): AskedCall['estimate'] {
    const { cost, maxOutput } = this.#target;
    const inputTokens = this.#countInput();
    const outputTokens = Math.min(this.#longestAnswer, maxOutput ?? Infinity);
    const tokens = { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
    return { tokens: inputTokens + outputTokens, costUsd: costUsd(cost, tokens) };
  }
}
