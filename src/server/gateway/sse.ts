import { CrosspointError } from '#protocol/errors.ts';

export interface SseEvent {
  /** `message` when the stream names none. */
  event: string;
  data: string;
}

/** Characters of one line; an endless line is cut here (fault F11). */
const usualMaxLine = 1_048_576;

/**
 * An incremental parser of `text/event-stream` (WHATWG HTML, section 9.2.6): any byte split, LF, CR and CRLF, comments,
 * several data lines, a byte order mark. Feed it chunks, take the events that are complete; what no blank line ends is
 * no event.
 * @throws CrosspointError `provider_too_large` for a line of more than `maxLine` characters
 */
export class SseParser {
  readonly #provider: string;
  readonly #maxLine: number;
  readonly #decoder = new TextDecoder('utf-8');
  readonly #lineEnd = /[\r\n]/g;
  #buffer = '';
  #afterCarriageReturn = false;
  #event = '';
  #data: string[] = [];

  constructor(provider: string, maxLine = usualMaxLine) {
    this.#provider = provider;
    this.#maxLine = maxLine;
  }

  push(chunk: Uint8Array): SseEvent[] {
    const searched = this.#buffer.length;
    this.#buffer += this.#decoder.decode(chunk, { stream: true });
    const events: SseEvent[] = [];
    let start = 0;
    this.#lineEnd.lastIndex = searched;
    for (let end = this.#lineEnd.exec(this.#buffer); end; end = this.#lineEnd.exec(this.#buffer)) {
      const isSecondHalf = end[0] === '\n' && end.index === start && this.#afterCarriageReturn;
      if (!isSecondHalf) this.#line(this.#buffer.slice(start, end.index), events);
      this.#afterCarriageReturn = end[0] === '\r';
      start = end.index + 1;
    }
    this.#buffer = this.#buffer.slice(start);
    this.#assertLength(this.#buffer);
    return events;
  }

  #line(line: string, events: SseEvent[]): void {
    this.#assertLength(line);
    if (line === '') {
      if (this.#data.length) events.push({ event: this.#event || 'message', data: this.#data.join('\n') });
      this.#event = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
  }

  #assertLength(line: string): void {
    if (line.length > this.#maxLine)
      throw new CrosspointError('provider_too_large', { provider: this.#provider });
  }
}
