import type { DeadlinePhase, Deadlines } from '../limits/deadlines.ts';

/** The deadlines of one attempt: one timer, that each chunk winds up again. */
export class Watchdog {
  readonly #deadlines: Deadlines;
  readonly #late: (phase: DeadlinePhase) => void;
  #timer: NodeJS.Timeout | undefined;
  #drain: NodeJS.Timeout | undefined;

  constructor(deadlines: Deadlines, late: (phase: DeadlinePhase) => void) {
    this.#deadlines = deadlines;
    this.#late = late;
  }

  watch(phase: 'first byte' | 'whole answer' | 'between chunks'): void {
    const { firstByte, wholeAnswer, betweenChunks } = this.#deadlines;
    const ms = { 'first byte': firstByte, 'whole answer': wholeAnswer, 'between chunks': betweenChunks }[
      phase
    ];
    this.pause();
    this.#timer = setTimeout(() => this.#late(phase), ms);
  }

  /** Something came. */
  refresh(): void {
    this.#timer?.refresh();
  }

  /** Nobody is waited for: the client is slow, or gone. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The last moments of an attempt whose client has left. */
  drain(over: () => void): void {
    this.#drain = setTimeout(over, this.#deadlines.drain);
  }

  stop(): void {
    this.pause();
    clearTimeout(this.#drain);
  }
}
