import { costUsd } from '../ledger/cost.ts';
import type { Target } from '../types.ts';
import type { AskedCall } from '../v1/types.ts';

/** Tokens that are reserved where neither the request nor the model says how long the answer may be. */
const usualOutput = 4_096;

/**
 * The worst case of a call to `target`, for what is to be reserved. It is counted when a limit first asks for it: most
 * calls are limited by nothing, and a long conversation takes long to count.
 * @param countInput tokens of the request
 * @param longestAnswer tokens that the request asks for at most; null: as many as the model may give. Its own limit holds
 *   in any case
 * @param others to which the call may move on: the costliest of all is what has to be there
 */
export function worstCase(
  target: Target,
  countInput: () => number,
  longestAnswer: number | null,
  others: () => readonly Target[] = () => [],
): AskedCall {
  return new WorstCase(target, countInput, longestAnswer, others);
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
  readonly #longestAnswer: number | null;
  readonly #others: () => readonly Target[];
  #counted: AskedCall['estimate'] | undefined;

  constructor(
    target: Target,
    countInput: () => number,
    longestAnswer: number | null,
    others: () => readonly Target[],
  ) {
    this.provider = target.provider;
    this.model = target.model;
    this.#target = target;
    this.#countInput = countInput;
    this.#longestAnswer = longestAnswer;
    this.#others = others;
  }

  get estimate(): AskedCall['estimate'] {
    return (this.#counted ??= this.#count());
  }

  #count(): AskedCall['estimate'] {
    const inputTokens = this.#countInput();
    const cost = this.#costOf(this.#target, inputTokens);
    // What a model of unknown price would cost is counted with what is reserved for the others.
    const others = this.#others().map((each) => this.#costOf(each, inputTokens) ?? 0);
    return {
      tokens: inputTokens + this.#outputOf(this.#target),
      costUsd: cost === null ? null : Math.max(cost, ...others),
    };
  }

  #outputOf({ maxOutput }: Target): number {
    return Math.min(this.#longestAnswer ?? maxOutput ?? usualOutput, maxOutput ?? Infinity);
  }

  #costOf(target: Target, inputTokens: number): number | null {
    const outputTokens = this.#outputOf(target);
    return costUsd(target.cost, { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 });
  }
}
