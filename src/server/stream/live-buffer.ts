import type { ThreadEvent } from '#protocol/events.ts';

/** UTF-16 units of JSON that may wait for one reader: a tab that sleeps must not fill the memory. */
const maxWaiting = 1024 * 1024;

/** Events that were published and that one reader has not taken yet. Over the limit it drops them: the store has them. */
export class LiveBuffer {
  #events: ThreadEvent[] = [];
  #size = 0;
  #overflowed = false;
  #wake = () => {};

  /** @param size of the events, in UTF-16 units of JSON */
  push(events: readonly ThreadEvent[], size: number): void {
    this.#size += size;
    if (this.#size > maxWaiting) this.#overflowed = true;
    if (this.#overflowed) this.#events = [];
    else this.#events.push(...events);
    this.#wake();
  }

  /** Empties the buffer. Null when events were dropped: the reader goes on from the store, what comes now is kept again. */
  take(): ThreadEvent[] | null {
    const [events, overflowed] = [this.#events, this.#overflowed];
    this.#events = [];
    this.#size = 0;
    this.#overflowed = false;
    return overflowed ? null : events;
  }

  /** Resolves when there is something to take, or `wake` is called. */
  async changed(): Promise<void> {
    if (this.#events.length || this.#overflowed) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Lets the reader look again, at its signal for example. */
  wake(): void {
    this.#wake();
  }
}
