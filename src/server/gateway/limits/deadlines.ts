/** Milliseconds, before scaling (security limits, section 2.4). */
const usual = {
  connect: 10_000,
  firstByte: 60_000,
  /** Of an answer that is not streamed: its first byte comes when the model has said its last word. */
  wholeAnswer: 600_000,
  betweenChunks: 60_000,
  total: 900_000,
  /** A stream whose client has left is read on for so long: what it used is told at its end. */
  drain: 2_000,
};

export type Deadlines = Record<keyof typeof usual, number>;

/** @param scale multiplies each deadline; tests make it small */
export function deadlines(scale: number): Deadlines {
  return {
    connect: usual.connect * scale,
    firstByte: usual.firstByte * scale,
    wholeAnswer: usual.wholeAnswer * scale,
    betweenChunks: usual.betweenChunks * scale,
    total: usual.total * scale,
    drain: usual.drain * scale,
  };
}

export type DeadlinePhase = 'connection' | 'first byte' | 'whole answer' | 'between chunks' | 'total time';

export class DeadlineError extends Error {
  readonly phase: DeadlinePhase;
  constructor(phase: DeadlinePhase) {
    super(`deadline: ${phase}`);
    this.name = 'DeadlineError';
    this.phase = phase;
  }
}

/**
 * A controller that its parent aborts too, with the parent's reason. `unlink` when the work is over: a parent may live
 * much longer than its children.
 */
export class LinkedController {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #forward = () => this.abort(this.#parent.reason);

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    if (parent.aborted) this.#forward();
    else parent.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  unlink(): void {
    this.#parent.removeEventListener('abort', this.#forward);
  }

  /** Aborts everything when the work takes longer than `ms`. Rejects with the abort's reason, even if `work` never ends. */
  within<Result>(phase: DeadlinePhase, ms: number, work: Promise<Result>): Promise<Result> {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.abort(new DeadlineError(phase)), Math.max(0, ms));
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      const clear = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      work.then(resolve, reject).finally(clear);
    });
  }
}
