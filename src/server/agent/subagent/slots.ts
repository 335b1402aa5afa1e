/** Lets so many at once do something for the same key; others wait in their order. */
export class Slots {
  readonly #most: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns what gives the place back; call it once. @throws the signal's reason, while it waits */
  async take(key: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const taken = this.#taken.get(key) ?? 0;
    // Who gives a place back hands it on: the count stays.
    if (taken >= this.#most) await this.#turn(key, signal);
    else this.#taken.set(key, taken + 1);
    return () => this.#giveBack(key);
  }

  #turn(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, queue);
      const onAbort = () => {
        queue.splice(queue.indexOf(next), 1);
        reject(signal.reason as Error);
      };
      const next = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      queue.push(next);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #giveBack(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) return next();
    this.#waiting.delete(key);
    const left = (this.#taken.get(key) ?? 1) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}
