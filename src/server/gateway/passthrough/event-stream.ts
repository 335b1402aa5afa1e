import { CrosspointError } from '#protocol/errors.ts';
import { SseParser } from '../sse.ts';
import { newSeen, type Seen, type WireWatch } from './watch.ts';

/** How much of a preamble is held back at most: the answer must begin at some time. */
const heldChunks = 64;
const heldBytes = 262_144;
/** Bytes of one event. */
const maxEvent = 8 * 1_048_576;

const newline = 0x0a;
const longestMark = 4;
const doubleNewline = Buffer.from('\n\n');
const doubleCrlf = Buffer.from('\r\n\r\n');

/**
 * A stream on its way to the client. Whole events pass, byte for byte; until the first one that is part of the answer they
 * are held back, so that a failure inside a 200 can still be mended by another provider. After that only events with a sign
 * are read.
 */
export class PassingStream {
  readonly seen: Seen = newSeen();
  readonly #watch: WireWatch;
  readonly #provider: string;
  readonly #parser: SseParser;
  /** What has arrived of an event that is not whole yet. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #held: Buffer[] | null = [];
  #heldBytes = 0;
  #chunks = 0;
  #bytes = 0;
  #readBytes = 0;

  constructor(watch: WireWatch, provider: string) {
    this.#watch = watch;
    this.#provider = provider;
    this.#parser = new SseParser(provider, maxEvent);
  }

  get holds(): boolean {
    return this.#held !== null;
  }

  /** Bytes have arrived that are not passed on yet. */
  get hasPreamble(): boolean {
    return this.#heldBytes > 0;
  }

  /** Characters of the answer so far, as far as its beginning tells: for an answer that is cut. */
  get characters(): number {
    const share = this.#readBytes ? this.seen.characters / this.#readBytes : 0;
    return Math.round(share * Math.max(this.#bytes, this.#readBytes));
  }

  /**
   * @returns what the client gets now; null for nothing
   * @throws CrosspointError for an event that is none of this protocol or has no end
   */
  push(chunk: Buffer): Buffer | null {
    this.#chunks++;
    const events = this.#wholeEvents(chunk);
    if (!events) return null;
    if (this.#held === null) {
      this.#bytes += events.length;
      return this.#watch.sign.test(events.toString('latin1')) ? this.#read(events) : events;
    }
    const passing = this.#read(events);
    this.#heldBytes += events.length;
    if (passing) this.#held.push(passing);
    // What failed before its first word stays here, and another may answer.
    if (this.seen.error !== undefined) return null;
    const isEnough = this.#chunks >= heldChunks || this.#heldBytes >= heldBytes;
    return this.seen.meaningful || isEnough ? this.release() : null;
  }

  /** What was held back; from here on everything passes at once. */
  release(): Buffer | null {
    const held = this.#held ?? [];
    this.#held = null;
    if (!held.length) return null;
    return held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
  }

  /** The last event of a stream may lack its blank line. */
  end(): Buffer | null {
    if (!this.#partialBytes) return null;
    const rest = Buffer.concat([...this.#takePartial(), doubleNewline]);
    const passing = this.#read(rest);
    if (this.#held === null || !passing) return passing;
    this.#held.push(passing);
    return null;
  }

  /** Everything up to the end of the last whole event. */
  #wholeEvents(chunk: Buffer): Buffer | null {
    const end = endOfEvents(chunk, this.#partialBytes > 0 ? this.#partial.at(-1) : undefined);
    if (end === chunk.length && !this.#partialBytes) return chunk;
    if (end === 0) return this.#keep(chunk);
    const events = this.#partialBytes
      ? Buffer.concat([...this.#takePartial(), chunk.subarray(0, end)])
      : chunk.subarray(0, end);
    if (end < chunk.length) this.#keep(chunk.subarray(end));
    return events;
  }

  #keep(piece: Buffer): null {
    const last = this.#partial.at(-1);
    // A blank line that comes byte by byte is looked for in the last piece and the next one.
    if (last && last.length < longestMark)
      this.#partial[this.#partial.length - 1] = Buffer.concat([last, piece]);
    else this.#partial.push(piece);
    this.#partialBytes += piece.length;
    if (this.#partialBytes > maxEvent)
      throw new CrosspointError('provider_too_large', { provider: this.#provider });
    return null;
  }

  #takePartial(): Buffer[] {
    const pieces = this.#partial;
    this.#partial = [];
    this.#partialBytes = 0;
    return pieces;
  }

  /** Event by event. Events of ours are left out, and nothing passes that comes after an error. */
  #read(events: Buffer): Buffer | null {
    const passing: Buffer[] = [];
    for (let at = 0; at < events.length && this.seen.error === undefined;) {
      const end = firstEnd(events, at);
      const event = events.subarray(at, end);
      at = end;
      const isOurs = this.#readEvent(event);
      if (!isOurs && this.seen.error === undefined) passing.push(event);
    }
    if (passing.length === 1) return passing[0] as Buffer;
    return passing.length ? Buffer.concat(passing) : null;
  }

  #readEvent(bytes: Buffer): boolean {
    this.#readBytes += bytes.length;
    let isOurs = false;
    for (const { data } of this.#parser.push(bytes))
      isOurs = this.#watch.event(this.#parse(data), this.seen) || isOurs;
    return isOurs;
  }

  #parse(data: string): unknown {
    if (data.trim() === '[DONE]') return '[DONE]';
    try {
      const value: unknown = JSON.parse(data);
      if (typeof value === 'object' && value !== null) return value;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
    }
    throw new CrosspointError('provider_protocol', { provider: this.#provider });
  }
}

/** @returns 0 when no event ends in this chunk */
function endOfEvents(chunk: Buffer, before: Buffer | undefined): number {
  const last = chunk.length - 1;
  if (chunk[last] === newline && chunk[last - 1] === newline) return chunk.length;
  const plain = chunk.lastIndexOf(doubleNewline);
  const crlf = chunk.lastIndexOf(doubleCrlf);
  const end = Math.max(plain < 0 ? 0 : plain + 2, crlf < 0 ? 0 : crlf + 4);
  if (end || !before) return end;
  return endsAcross(chunk, before);
}

/** The blank line may itself be cut in two. */
function endsAcross(chunk: Buffer, before: Buffer): number {
  const joint = before.toString('latin1', Math.max(0, before.length - 3)) + chunk.toString('latin1', 0, 3);
  const inBefore = Math.min(3, before.length);
  for (const mark of ['\r\n\r\n', '\n\n']) {
    const at = joint.indexOf(mark);
    if (at >= 0) return at + mark.length - inBefore;
  }
  return 0;
}

function firstEnd(events: Buffer, from: number): number {
  const plain = events.indexOf(doubleNewline, from);
  const crlf = events.indexOf(doubleCrlf, from);
  if (plain < 0 && crlf < 0) return events.length;
  if (crlf < 0) return plain + 2;
  return plain < 0 || crlf < plain ? crlf + 4 : plain + 2;
}
