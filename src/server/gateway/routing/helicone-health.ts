/** Milliseconds during which a failed Helicone is not asked again, before scaling. */
const pauseMs = 30_000;

/** After Helicone itself failed, requests go direct for a while instead of each waiting for the same failure. */
export class HeliconeHealth {
  readonly #pauseMs: number;
  #pausedUntil = 0;

  constructor(scale: number) {
    this.#pauseMs = pauseMs * scale;
  }

  get paused(): boolean {
    return performance.now() < this.#pausedUntil;
  }

  failed(): void {
    this.#pausedUntil = performance.now() + this.#pauseMs;
  }

  works(): void {
    this.#pausedUntil = 0;
  }
}
