/** Bytes that are kept for a page that comes back. */
const keptBytes = 256 * 1024;

/** The end of what a terminal has printed. Offsets count from its first byte and are never used twice. */
export class Scrollback {
  readonly #pieces: Uint8Array[] = [];
  #start = 0;
  #end = 0;

  push(bytes: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(bytes));
    this.#end += bytes.byteLength;
    for (let [first] = this.#pieces; first; [first] = this.#pieces) {
      if (this.#end - this.#start - first.byteLength < keptBytes) return;
      this.#pieces.shift();
      this.#start += first.byteLength;
    }
  }

  /** The offset of what is printed next. */
  get end(): number {
    return this.#end;
  }

  /** The offset from which on a page that has everything before `offset` must be sent the rest. */
  firstAfter(offset: number): number {
    return offset >= this.#start && offset <= this.#end ? offset : this.#start;
  }

  *from(offset: number): Generator<Uint8Array> {
    let at = this.#start;
    for (const piece of this.#pieces) {
      const skip = Math.max(0, offset - at);
      if (skip < piece.byteLength) yield piece.subarray(skip);
      at += piece.byteLength;
    }
  }
}
