export interface TarFile {
  path: string;
  bytes: Uint8Array;
}

const block = 512;
/** Bytes of a name that does not fit into a header. */
const maxNameBytes = 8_192;

/**
 * The regular files of an archive in GNU's format, one at a time. Anything else in it is passed over. An archive that is cut off
 * ends where it is cut.
 * @param maxBytes of one file; larger ones are passed over
 */
export async function* tarFiles(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<TarFile> {
  const source = new Source(pieces);
  let longName: string | null = null;
  for (;;) {
    const header = await source.take(block);
    // Two blocks of zeros are the end.
    if (!header || header[0] === 0) return;
    const size = sizeOf(header);
    if (size === null) return;
    const padded = Math.ceil(size / block) * block;
    const type = String.fromCharCode(header[typeAt] ?? 0);
    const limit = type === 'L' ? maxNameBytes : isFile(type) ? maxBytes : -1;
    const body = size > limit ? await source.skip(padded) : await source.take(padded);
    if (!body) return;
    if (type === 'L') {
      longName = textOf(body.subarray(0, size));
      continue;
    }
    const path: string = longName ?? textOf(header.subarray(0, 100));
    longName = null;
    if (isFile(type) && size <= maxBytes) yield { path, bytes: body.subarray(0, size) };
  }
}

const typeAt = 156;
const isFile = (type: string) => type === '0' || type === '\0';

/** Octal digits; null for anything else, with which nothing after it can be found. */
function sizeOf(header: Uint8Array): number | null {
  const digits = textOf(header.subarray(124, 136)).trim();
  return /^[0-7]{1,11}$/.test(digits) ? parseInt(digits, 8) : null;
}

/** To the first zero byte. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Bytes that come in pieces of any size, taken in others. */
class Source {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** null: there are fewer. */
  async take(count: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    const whole = await this.#pass(count, (part) => parts.push(part));
    return whole ? (parts.length === 1 ? (parts[0] ?? null) : Buffer.concat(parts)) : null;
  }

  async skip(count: number): Promise<Uint8Array | null> {
    return (await this.#pass(count, () => undefined)) ? new Uint8Array() : null;
  }

  async #pass(count: number, use: (part: Uint8Array) => void): Promise<boolean> {
    for (let missing = count; missing > 0;) {
      if (!this.#left.length) {
        const { done, value } = await this.#pieces.next();
        if (done) return false;
        this.#left = value;
      }
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.length);
      missing -= part.length;
      use(part);
    }
    return true;
  }
}
