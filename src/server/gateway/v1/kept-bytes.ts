/** Bytes of an answer that is kept at most; a larger one is not. */
const most = 8 * 1_048_576;

/** What a client got of a stream, for who asks the same later. */
export class KeptBytes {
  contentType = '';
  #chunks: Buffer[] = [];
  #size = 0;

  add(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size > most) this.#chunks = [];
    else this.#chunks.push(bytes);
  }

  /** null for one that is too large. */
  body(): Buffer | null {
    return this.#size > most ? null : Buffer.concat(this.#chunks);
  }
}
