import { Pool, type Dispatcher } from 'undici';
import type { EmbeddedUpstream } from '../types.ts';
import { dispatchEmbedded, type Receiver } from './dispatch.ts';
import type { UpstreamRequest, UpstreamResponse } from './upstream.ts';

export interface DispatchRequest {
  /** Of the connection: a key never goes anywhere else. */
  origin: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  embedded?: EmbeddedUpstream;
}

/** What is read of an answer that nobody waits for any more. */
const releaseBytes = 65_536;
const releaseMs = 1_000;

/**
 * Sends bytes and receives bytes. One pool per origin; plain HTTP/1.1, so that an abort closes the socket and the
 * provider stops at once. Redirects are not followed (undici never does by itself), proxies of the environment are not
 * used, and origins come from the configuration only: private addresses are therefore allowed.
 */
export class Transport {
  readonly #pools = new Map<string, Pool>();
  readonly #connectMs: number;

  /** @param connectMs deadline of a connection, in milliseconds */
  constructor(connectMs: number) {
    this.#connectMs = connectMs;
  }

  async send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamResponse> {
    const { url, body, embedded } = request;
    if (embedded) {
      const response = await embedded.respond(request.codec.path, body, signal);
      const chunks = response.body[Symbol.asyncIterator]();
      return {
        ...response,
        body: { [Symbol.asyncIterator]: () => chunks },
        release: () => endIteration(chunks),
      };
    }
    const { origin, pathname, search } = new URL(url);
    const response = await this.#pool(origin).request({
      method: 'POST',
      path: pathname + search,
      headers: request.headers(),
      body,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return {
      status: response.statusCode,
      headers: joinedHeaders(response.headers),
      body: response.body,
      release: () => release(response.body),
    };
  }

  /** Sends bytes and gives what comes back to the receiver as it comes. */
  dispatch(request: DispatchRequest, receiver: Receiver): void {
    const { origin, path, headers, body, embedded } = request;
    if (embedded) return dispatchEmbedded(embedded, path, body, receiver);
    const options = { method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 } as const;
    this.#pool(origin).dispatch(options, {
      onRequestStart: (controller) => receiver.begin(controller),
      onResponseStart: (_controller, status, received) => receiver.head(status, received),
      onResponseData: (_controller, chunk) => receiver.data(chunk),
      onResponseEnd: () => receiver.end(),
      onResponseError: (_controller, cause) => receiver.fail(cause),
    });
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, {
      allowH2: false,
      pipelining: 1,
      connect: { timeout: this.#connectMs },
      keepAliveTimeout: 30_000,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** Lets a generator run its `finally`. Nobody waits for it, and its last words interest nobody. */
export function endIteration(chunks: AsyncIterator<Uint8Array>): void {
  chunks.return?.().catch(() => undefined);
}

function joinedHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

/** The rest of an answer that is already whole, or that is not wanted: whatever happens to it changes nothing. */
function release(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined);
  body.dump({ limit: releaseBytes, signal: AbortSignal.timeout(releaseMs) }).catch(() => body.destroy());
}
