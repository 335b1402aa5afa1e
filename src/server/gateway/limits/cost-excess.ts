/** More than a hundredfold is a mistake, not a price: nothing is held for it. */
const largestFactor = 100;
const mostModels = 1_000;
/** Of what is known beyond the estimate, what one call that was not so costly makes forgotten. */
const forgetting = 1 / 32;

/**
 * By how much calls of a model cost more than their worst case, as this process has seen it: providers bill what no request
 * tells (hidden reasoning, searches, prices that have changed). Later calls of the model hold so much more, so that a
 * provider that always bills more lets several calls over a budget once and not again.
 */
export class CostExcess {
  /** Factors above 1, by model; the one that was learned longest ago first. */
  readonly #factors = new Map<string, number>();

  /** What is to be held for a call whose worst case is `usd`. */
  raised(model: string, usd: number): number {
    return usd * (this.#factors.get(model) ?? 1);
  }

  /** A call has ended. Of one that was to cost nothing there is no factor. */
  learn(model: string, estimatedUsd: number, actualUsd: number): void {
    const known = this.#factors.get(model) ?? 1;
    const seen = estimatedUsd > 0 ? Math.min(actualUsd / estimatedUsd, largestFactor) : 1;
    if (known === 1 && seen <= 1) return;
    const factor = Math.max(seen, known - (known - 1) * forgetting);
    this.#factors.delete(model);
    if (factor > 1.001) this.#factors.set(model, factor);
    if (this.#factors.size <= mostModels) return;
    const [oldest] = this.#factors.keys();
    if (oldest !== undefined) this.#factors.delete(oldest);
  }
}
