import type { LimitClock } from '../limits/limit-clock.ts';

interface Timer {
  at: number;
  then(): void;
}

/** Time that a test moves. Timers fire in their order while it moves, and everybody who waits has a turn in between. */
export class ManualClock implements LimitClock {
  /** What the time of day is ahead of `steady`. */
  wallOffset = Date.UTC(2026, 10, 25, 12);
  #now = 0;
  readonly #timers = new Set<Timer>();

  wall(): number {
    return this.wallOffset + this.#now;
  }

  steady(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.#now + ms, then };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.then();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** When all that can go on without time has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
