import { CrosspointError } from '#protocol/errors.ts';
import { isCutOff } from '../wires/tool-calls.ts';
import { scanTopLevel, type TopLevel } from './top-level.ts';

const most = { answer: 32 * 1_048_576, error: 65_536 };

/** The bytes of an answer that comes as a whole. */
export class Collected {
  #chunks: Buffer[] = [];
  #size = 0;

  /** @returns whether there is more than is taken */
  add(chunk: Buffer, what: keyof typeof most): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this.#size > most[what];
  }

  bytes(): Buffer {
    if (this.#chunks.length === 1) return this.#chunks[0] as Buffer;
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
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
}
