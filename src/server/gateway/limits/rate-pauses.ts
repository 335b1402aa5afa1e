import type { Target } from '../types.ts';

/** A longer wait is no wait but a refusal: the next request may ask and be told. */
const longest = 60_000;

/**
 * After a 429 with `Retry-After` every request to the same model waits, not only the one that was refused: the limit is
 * the key's, and asking in vain prolongs it (fault F1). Monotonic time.
 */
export class RatePauses {
  readonly #until = new Map<string, number>();

  limited(target: Target, retryAfterMs: number): void {
    if (retryAfterMs > longest) return;
    this.#until.set(keyOf(target), Math.max(this.#left(target), retryAfterMs) + performance.now());
  }

  /** The model answers again. */
  works(target: Target): void {
    this.#until.delete(keyOf(target));
  }

  /** Milliseconds to wait, with jitter; 0 for no wait. @param random from 0 up to 1 */
  delay(target: Target, random: () => number): number {
    const left = this.#left(target);
    return left > 0 ? Math.ceil(left + random() * Math.min(1_000, left / 10)) : 0;
  }

  #left(target: Target): number {
    return (this.#until.get(keyOf(target)) ?? 0) - performance.now();
  }
}

function keyOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}
