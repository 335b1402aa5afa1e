import { CrosspointError } from '#protocol/errors.ts';
import { isCutOff } from '../wires/tool-calls.ts';
import { scanTopLevel, type TopLevel } from './top-level.ts';

/** Of a refusal; the rest is not read. */
export const mostErrorBytes = 65_536;
/** Bytes of a whole answer: a list of embeddings is long, what models write is not. */
export const mostAnswerBytes = { answer: 16 * 1_048_576, embeddings: 32 * 1_048_576, count: 65_536 };

const none = Buffer.alloc(0);

/**
 * The bytes of an answer that comes as a whole. One that comes in many pieces is put together as they come: kept piece by
 * piece until the end, it would be in memory twice.
 */
export class Collected {
  readonly #most: number;
  readonly #announced: number;
  #buffer: Buffer = none;
  #size = 0;

  /**
   * @param most bytes that are taken
   * @param announced bytes that are said to come; 0 where nothing is said
   */
  constructor(most: number, announced = 0) {
    this.#most = most;
    this.#announced = announced;
  }

  /** @returns false when there is more than is taken: of it only the beginning is kept */
  add(chunk: Buffer): boolean {
    const fits = this.#announced <= this.#most && this.#size + chunk.length <= this.#most;
    const piece = fits ? chunk : chunk.subarray(0, Math.min(mostErrorBytes, this.#most - this.#size));
    if (this.#size === 0) this.#buffer = piece;
    else this.#append(piece);
    this.#size += piece.length;
    return fits;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  /** @throws CrosspointError `provider_stream_cut` for JSON that stops in the middle, `provider_protocol` for what is none */
  answer(provider: string): TopLevel {
    const bytes = this.bytes();
    try {
      return scanTopLevel(bytes);
    } catch (cause) {
      if (!(cause instanceof CrosspointError)) throw cause;
      const text = bytes.toString('utf8').trim();
      const isCut = text === '' || (text.startsWith('{') && isCutOff(text));
      throw new CrosspointError(isCut ? 'provider_stream_cut' : 'provider_protocol', { provider }, { cause });
    }
  }

  #append(piece: Buffer): void {
    const needed = this.#size + piece.length;
    if (needed > this.#buffer.length) this.#grow(needed);
    piece.copy(this.#buffer, this.#size);
  }

  /** To the size that was announced, else to twice of what there is. */
  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#announced || 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
