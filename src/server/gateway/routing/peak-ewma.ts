/** Milliseconds in which a measurement loses about two thirds of its weight. */
const decayMs = 30_000;
/** What an endpoint that nobody has measured counts for while its first answers are under way. */
const unknownMs = 1_000;

/**
 * A moving average of latency that believes bad news at once and good news slowly (PeakEWMA, as in Finagle and tower).
 * It fades with time, so that an endpoint that was slow once is tried again. Times are monotonic.
 */
export class PeakEwma {
  #value = 0;
  #at = 0;
  #measured = false;

  observe(ms: number, now: number): void {
    const faded = this.#faded(now);
    this.#value = ms > faded ? ms : faded + ms * (1 - this.#weight(now));
    this.#at = now;
    this.#measured = true;
  }

  /** What choosing it now would cost. 0 for an endpoint that is new and idle, so that it is tried. */
  load(now: number, pending: number): number {
    return this.#measured ? this.#faded(now) * (pending + 1) : unknownMs * pending;
  }

  /** The average at its last measurement; null before the first one. */
  get latencyMs(): number | null {
    return this.#measured ? this.#value : null;
  }

  #faded(now: number): number {
    return this.#value * this.#weight(now);
  }

  #weight(now: number): number {
    return Math.exp(-Math.max(0, now - this.#at) / decayMs);
  }
}
