import type { NewEvent } from '#protocol/events.ts';

/** Milliseconds: about 20 events a second, which reads as smooth and keeps the log small. */
const intervalMs = 50;

type DeltaType = 'message.delta' | 'reasoning.delta';

/**
 * Gathers text deltas and writes them as few events. The sum of what it wrote equals what it was given, whatever the
 * batching: the first delta goes out at once (time to first token), the rest at most every 50 ms and never before the
 * write before has ended, so a slow disk makes the events larger, not the queue longer.
 */
export class DeltaBatch {
  readonly #messageId: string;
  readonly #write: (events: NewEvent[]) => Promise<unknown>;
  #pending: { type: DeltaType; text: string }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lastSent = -Infinity;
  #writing: Promise<void> | null = null;
  #failure: { cause: unknown } | null = null;

  constructor(messageId: string, write: (events: NewEvent[]) => Promise<unknown>) {
    this.#messageId = messageId;
    this.#write = write;
  }

  add(type: DeltaType, text: string): void {
    const last = this.#pending.at(-1);
    if (last?.type === type) last.text += text;
    else this.#pending.push({ type, text });
    this.#schedule();
  }

  /** Writes what is left and waits for all writes. Throws what a write threw; after it nothing was written. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    this.#send();
    await this.#writing;
    if (this.#failure) throw this.#failure.cause;
  }

  #schedule(): void {
    if (this.#timer || this.#writing || !this.#pending.length) return;
    const wait = this.#lastSent + intervalMs - performance.now();
    if (wait <= 0) this.#send();
    else this.#timer = setTimeout(() => this.#send(), wait);
  }

  #send(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#pending.length || this.#failure) return;
    const events = this.#pending.map(({ type, text }): NewEvent => ({
      type,
      data: { messageId: this.#messageId, text },
    }));
    this.#pending = [];
    this.#lastSent = performance.now();
    this.#writing = this.#write(events).then(
      () => this.#written(),
      (cause: unknown) => {
        this.#failure = { cause };
        this.#written();
      },
    );
  }

  #written(): void {
    this.#writing = null;
    this.#schedule();
  }
}
