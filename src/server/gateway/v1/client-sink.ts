import type { IncomingHttpHeaders } from 'node:http';
import type { Sink } from '../passthrough/attempt.ts';
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
    return this.#exchange.response.write(bytes);
  }

  onDrain(ready: () => void): void {
    this.#exchange.response.once('drain', ready);
  }
}
