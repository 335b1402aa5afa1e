import type { NewEvent } from '#protocol/events.ts';

/** Milliseconds: about 20 events a second, which reads as smooth and keeps the log small. */
const intervalMs = 50;

/**
 * Gathers text deltas and writes them as few events. The sum of what it wrote equals what it was given, whatever the
 * batching: the first delta goes out at once (time to first token), the rest at most every 50 ms.
 */
export class DeltaBatch {
  readonly #messageId: string;
  readonly #write: (events: NewEvent[]) => Promise<unknown>;
  #pending: { type: 'message.delta' | 'reasoning.delta'; text: string }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lastFlush = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;

  constructor(messageId: string, write: (events: NewEvent[]) => Promise<unknown>) {
    this.#messageId = messageId;
    this.#write = write;
  }

  add(type: 'message.delta' | 'reasoning.delta', text: string): void {
    const last = this.#pending.at(-1);
    if (last?.type === type) last.text += text;
    else this.#pending.push({ type, text });
    if (this.#timer) return;
    const wait = Math.max(0, this.#lastFlush + intervalMs - performance.now());
    if (wait === 0) this.#send();
    else this.#timer = setTimeout(() => this.#send(), wait);
  }

  /** Writes what is left and waits for all writes. Throws what a write threw. */
  async flush(): Promise<void> {
    this.#send();
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#pending.length) return;
    this.#lastFlush = performance.now();
    const events = this.#pending.map(
      ({ type, text }) => ({ type, data: { messageId: this.#messageId, text } }) as NewEvent,
    );
    this.#pending = [];
    this.#writing = this.#writing
      .then(() => this.#write(events))
      .catch((cause: unknown) => (this.#failure ??= cause));
  }
}
