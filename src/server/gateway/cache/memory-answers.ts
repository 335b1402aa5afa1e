/** An answer as it is kept, with the times that decide on it. */
export interface KeptAnswer<Answer> {
  answer: Answer;
  bytes: number;
  userId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** The answers that were used last, up to a number of bytes: a hit here reads no file. */
export class MemoryAnswers<Answer> {
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #answers = new Map<string, KeptAnswer<Answer>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(slot: string, now: number): KeptAnswer<Answer> | null {
    const kept = this.#answers.get(slot);
    if (!kept) return null;
    this.delete(slot);
    if (kept.expiresAt <= now) return null;
    this.#answers.set(slot, kept);
    this.#bytes += kept.bytes;
    return kept;
  }

  set(slot: string, kept: KeptAnswer<Answer>): void {
    this.delete(slot);
    if (kept.bytes > this.#maxBytes) return;
    this.#answers.set(slot, kept);
    this.#bytes += kept.bytes;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(slot: string): void {
    const kept = this.#answers.get(slot);
    if (!kept) return;
    this.#answers.delete(slot);
    this.#bytes -= kept.bytes;
  }

  deleteOf(userId: string): void {
    for (const [slot, kept] of this.#answers) if (kept.userId === userId) this.delete(slot);
  }
}
