import type { AttemptOutcome } from '../v1/types.ts';
import { Breaker, type BreakerSettings, type Pass } from './breaker.ts';
import { PeakEwma } from './peak-ewma.ts';

/** A longer wait is no wait but a refusal: the next request may ask and be told. */
const longestWait = 60_000;
/** Out after a 429 that says nothing of when to come back. */
const shortBreak = 1_000;
/** A failure counts for at least so much latency: one that fails fast must not look fast. */
const failureMs = 5_000;

/** What is known of one model behind one key. Times are monotonic milliseconds. */
export class EndpointHealth {
  readonly breaker: Breaker;
  readonly #latency = new PeakEwma();
  #pending = 0;
  #limitedUntil = 0;
  #waitUntil = 0;

  constructor(settings: BreakerSettings) {
    this.breaker = new Breaker(settings);
  }

  get idle(): boolean {
    return this.#pending === 0;
  }

  get latencyMs(): number | null {
    return this.#latency.latencyMs;
  }

  /** Until when its rate is limited. */
  get limitedUntil(): number {
    return this.#limitedUntil;
  }

  /** Milliseconds that a request should wait which has no other way: as long as the provider asked for. */
  waitMs(now: number): number {
    return Math.max(0, this.#waitUntil - now);
  }

  admits(now: number): boolean {
    return now >= this.#limitedUntil && this.breaker.admits(now);
  }

  load(now: number): number {
    return this.#latency.load(now, this.#pending);
  }

  enter(now: number, force: boolean): Pass | null {
    if (!force && now < this.#limitedUntil) return null;
    const pass = this.breaker.enter(now, force);
    if (pass) this.#pending++;
    return pass;
  }

  leave(pass: Pass, outcome: AttemptOutcome, now: number): void {
    this.#pending--;
    this.breaker.leave(pass, endOf(outcome), now);
    const { kind, latencyMs, ttftMs } = outcome;
    if (kind === 'ok') {
      this.#latency.observe(ttftMs ?? latencyMs, now);
      this.#limitedUntil = this.#waitUntil = 0;
    } else if (kind === 'rate-limited') this.#limit(outcome.retryAfterMs, now);
    else if (kind === 'failed' || kind === 'cut') this.#latency.observe(Math.max(failureMs, latencyMs), now);
  }

  /** A shorter word that comes later does not shorten a longer one: two requests were refused, both are right. */
  #limit(told: number | undefined, now: number): void {
    this.#limitedUntil = Math.max(this.#limitedUntil, now + (told ?? shortBreak));
    if (told !== undefined && told <= longestWait) this.#waitUntil = Math.max(this.#waitUntil, now + told);
  }
}

function endOf({ kind }: AttemptOutcome): 'good' | 'bad' | null {
  if (kind === 'ok') return 'good';
  return kind === 'failed' || kind === 'cut' ? 'bad' : null;
}
