import { ErrorWindow } from './error-window.ts';

export interface BreakerSettings {
  /** Share of bad ends, from 0 to 1, that opens it. */
  errorRatio: number;
  /** Ends within the window before the share says anything. */
  minRequests: number;
  windowMs: number;
  /** How long it stays open the first time; each probe that fails doubles it, to eight times as long. */
  openMs: number;
  /** Probes that must succeed, one after the other, before it closes. */
  probes: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Permission for one request; handed back at its end. */
export interface Pass {
  epoch: number;
  kind: 'usual' | 'probe' | 'forced';
}

const mostDoublings = 3;

/**
 * Closed → open → half-open. While it is half-open one request at a time may pass, as a probe, and only its end lets the
 * next one through. What began before the last change of state has no say in the present one. Times are monotonic.
 */
export class Breaker {
  readonly #settings: BreakerSettings;
  readonly #window: ErrorWindow;
  /** null: closed. */
  #until: number | null = null;
  #epoch = 0;
  #probing = false;
  #proved = 0;
  #doublings = 0;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
    this.#window = new ErrorWindow(settings.windowMs);
  }

  state(now: number): BreakerState {
    if (this.#until === null) return 'closed';
    return now < this.#until ? 'open' : 'half-open';
  }

  /** When it lets a probe through; null while it is closed. */
  get until(): number | null {
    return this.#until;
  }

  sums(now: number): { requests: number; bad: number } {
    return this.#window.sums(now);
  }

  admits(now: number): boolean {
    return this.#until === null || (now >= this.#until && !this.#probing);
  }

  /** @param force when there is no other way: better a request that may fail than an outage of our own making */
  enter(now: number, force: boolean): Pass | null {
    const epoch = this.#epoch;
    if (this.#until === null) return { epoch, kind: 'usual' };
    if (this.admits(now)) {
      this.#probing = true;
      return { epoch, kind: 'probe' };
    }
    return force ? { epoch, kind: 'forced' } : null;
  }

  /** @param end `null` where it says nothing about the endpoint: a caller who left, or who asked something wrong */
  leave(pass: Pass, end: 'good' | 'bad' | null, now: number): void {
    if (pass.epoch !== this.#epoch) return;
    if (pass.kind === 'probe') this.#probing = false;
    if (end === null) return;
    this.#window.add(end === 'bad', now);
    if (this.#until === null) this.#judge(now);
    else if (end === 'good') this.#prove();
    else if (pass.kind === 'probe') this.#open(now);
  }

  #judge(now: number): void {
    const { requests, bad } = this.#window.sums(now);
    const { minRequests, errorRatio } = this.#settings;
    if (bad > 0 && requests >= minRequests && bad / requests >= errorRatio) this.#open(now);
  }

  #prove(): void {
    if (++this.#proved < this.#settings.probes) return;
    this.#until = null;
    this.#doublings = 0;
    this.#window.clear();
    this.#turn();
  }

  #open(now: number): void {
    const failedProbe = this.#until !== null;
    this.#doublings = failedProbe ? Math.min(mostDoublings, this.#doublings + 1) : 0;
    this.#until = now + this.#settings.openMs * 2 ** this.#doublings;
    this.#turn();
  }

  #turn(): void {
    this.#epoch++;
    this.#probing = false;
    this.#proved = 0;
  }
}
