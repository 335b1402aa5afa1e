import type { ServerResponse } from 'node:http';
import { CrosspointError } from '#protocol/errors.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Logger } from './services.ts';

export interface StreamLimits {
  heartbeatMs: number;
  /** A reader that takes nothing for so long while something waits for it is dropped; it resumes by its last id. */
  stallMs: number;
  /** Open streams of this process. */
  count: number;
}

const defaults: StreamLimits = { heartbeatMs: 15_000, stallMs: 30_000, count: 2_000 };

/** Opens a source of events that ends when the signal aborts. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<ThreadEvent>;

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-store',
  // Proxies such as nginx hold an answer back otherwise.
  'x-accel-buffering': 'no',
};

/** All open event streams of this process, so that they are counted, and ended when the server stops. */
export class EventStreams {
  /** Each with the session that opened it: the hash of its id, or null for a script. */
  readonly #open = new Map<AbortController, string | null>();
  readonly #limits: StreamLimits;
  readonly #logger: Logger;

  constructor(logger: Logger, limits: Partial<StreamLimits> = {}) {
    this.#logger = logger;
    this.#limits = { ...defaults, ...limits };
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Answers with server-sent events (CONTRACT section 4) and resolves when the stream has ended. A reader who leaves ends
   * the stream, never what the stream reports on.
   * @param isLast the stream ends after the event for which this is true
   * @param session the stream ends with it too
   * @throws `too_many_requests` before anything is sent
   */
  async send(
    response: ServerResponse,
    source: EventSource,
    isLast: (event: ThreadEvent) => boolean = () => false,
    session: string | null = null,
  ): Promise<void> {
    if (this.size >= this.#limits.count) throw new CrosspointError('too_many_requests', { seconds: 5 });
    const stop = new AbortController();
    this.#open.set(stop, session);
    response.on('close', () => stop.abort());
    response.writeHead(200, headers);
    // The first bytes make the headers leave at once; a browser that lost us asks again after a second.
    response.write(': connected\nretry: 1000\n\n');
    const writer = new EventWriter(response, stop, this.#limits);
    try {
      for await (const event of source(stop.signal)) {
        await writer.write(event);
        if (stop.signal.aborted || isLast(event)) break;
      }
    } catch (cause) {
      this.#logger.error({ err: cause }, 'an event stream broke off');
    } finally {
      writer.end();
      stop.abort();
      this.#open.delete(stop);
    }
  }

  /** Ends all streams; their readers come back to the next process with their last id. */
  closeAll(): void {
    for (const stop of this.#open.keys()) stop.abort();
  }

  /** Who has signed out reads nothing any more, not even what was opened before. */
  closeOf(session: string): void {
    for (const [stop, opener] of this.#open) if (opener === session) stop.abort();
  }
}

/** Writes at the reader's pace: what the reader has not taken stays in the store. */
class EventWriter {
  readonly #response: ServerResponse;
  readonly #stop: AbortController;
  readonly #stallMs: number;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(response: ServerResponse, stop: AbortController, { heartbeatMs, stallMs }: StreamLimits) {
    this.#response = response;
    this.#stop = stop;
    this.#stallMs = stallMs;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs);
  }

  /** Resolves when there is room for more, or when nobody reads any more. */
  async write({ id, type, data }: ThreadEvent): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (this.#response.write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    const stalled = setTimeout(() => this.#response.destroy(), this.#stallMs);
    await this.#room();
    clearTimeout(stalled);
  }

  end(): void {
    clearInterval(this.#heartbeat);
    this.#response.end();
  }

  #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = () => {
      this.#response.off('drain', go);
      this.#stop.signal.removeEventListener('abort', go);
      resolve();
    };
    this.#response.on('drain', go);
    this.#stop.signal.addEventListener('abort', go);
    return promise;
  }

  #beat(): void {
    if (!this.#response.writableNeedDrain) this.#response.write(': heartbeat\n\n');
  }
}
