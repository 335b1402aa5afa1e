import type { IncomingHttpHeaders } from 'node:http';
import type { Sink } from '../passthrough/attempt.types.ts';
import { passedHeaders } from '../passthrough/response-headers.ts';
import type { KeptBytes } from './kept-bytes.ts';
import type { Exchange } from './exchange.ts';

export const costHeader = 'Crosspoint-Cost-Usd';

/** The client's side of a stream. */
export class ClientSink implements Sink {
  readonly #exchange: Exchange;
  /** Told when the first byte goes out: whose answer it is. */
  readonly #answerHeaders: () => [string, string][];

  readonly #keep: KeptBytes | null;
  /** The head is out, with the first bytes. */
  #begun = false;

  constructor(exchange: Exchange, answerHeaders: () => [string, string][], keep: KeptBytes | null) {
    this.#exchange = exchange;
    this.#answerHeaders = answerHeaders;
    this.#keep = keep;
  }

  begin(upstream: IncomingHttpHeaders): void {
    const type = upstream['content-type'] ?? 'text/event-stream; charset=utf-8';
    if (this.#keep) this.#keep.contentType = type;
    this.#exchange.head(200, [
      ['content-type', type],
      // Nginx and others would collect the events.
      ['x-accel-buffering', 'no'],
      ['trailer', costHeader],
      ...passedHeaders(upstream),
      ...this.#answerHeaders(),
    ]);
  }

  write(bytes: Buffer): boolean {
    this.#keep?.add(bytes);
    const { response } = this.#exchange;
    const { socket } = response;
    if (this.#begun && socket && response.chunkedEncoding) return socket.write(framed(bytes));
    this.#begun = true;
    return response.write(bytes);
  }

  onDrain(ready: () => void): void {
    const { response } = this.#exchange;
    (response.socket ?? response).once('drain', ready);
  }
}

const lineEnd = 2;

/** One chunk of HTTP/1.1 (RFC 9112, section 7.1) in one piece: `response.write` hands the socket four. */
function framed(bytes: Buffer): Buffer {
  const size = bytes.length.toString(16);
  const frame = Buffer.allocUnsafe(size.length + bytes.length + 2 * lineEnd);
  frame.write(`${size}\r\n`, 0, 'latin1');
  bytes.copy(frame, size.length + lineEnd);
  frame.write('\r\n', frame.length - lineEnd, 'latin1');
  return frame;
}
