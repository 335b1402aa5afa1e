import type { Span, TopLevel } from './top-level.ts';
import { valueAt } from './top-level.ts';

interface Change extends Span {
  text: string;
}

/** Puts values of fields into the bytes of a request; everything else stays as it was sent, byte for byte. */
export class BodyPatch {
  readonly #top: TopLevel;
  readonly #changes: Change[] = [];

  constructor(top: TopLevel) {
    this.#top = top;
  }

  /** Replaces the value of a field, or adds the field. */
  set(name: string, value: unknown): this {
    const { values, inside } = this.#top;
    const span = values.get(name);
    const text = JSON.stringify(value);
    if (span) this.#changes.push({ ...span, text });
    else {
      const field = `${JSON.stringify(name)}:${text}${values.size ? ',' : ''}`;
      this.#changes.push({ start: inside, end: inside, text: field });
    }
    return this;
  }

  /** Gives a field another name and keeps its value. Nothing changes where the name is not written plainly. */
  rename(name: string, to: string): this {
    const { values, body } = this.#top;
    const span = values.get(name);
    if (!span) return this;
    const key = JSON.stringify(name);
    const start = body.lastIndexOf(key, span.start);
    const end = start + Buffer.byteLength(key);
    const isKey = start >= 0 && /^\s*:\s*$/.test(body.toString('latin1', end, span.start));
    if (isKey) this.#changes.push({ start, end, text: JSON.stringify(to) });
    return this;
  }

  bytes(): Buffer {
    const { body } = this.#top;
    if (!this.#changes.length) return body;
    const pieces: Buffer[] = [];
    let at = 0;
    for (const { start, end, text } of this.#changes.toSorted((left, right) => left.start - right.start)) {
      pieces.push(body.subarray(at, start), Buffer.from(text));
      at = end;
    }
    pieces.push(body.subarray(at));
    return Buffer.concat(pieces);
  }
}

/**
 * Asks for usage at the end of a chat stream (`stream_options.include_usage`), keeping the client's other options.
 * @returns whether it had to: then the extra chunk is not the client's
 */
export function askForUsage(patch: BodyPatch, top: TopLevel): boolean {
  const given = valueAt(top, 'stream_options');
  const options = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  if ((options as { include_usage?: unknown }).include_usage === true) return false;
  patch.set('stream_options', { ...options, include_usage: true });
  return true;
}
