import { setTimeout as sleep } from 'node:timers/promises';
import type { QdrantClient } from '@qdrant/js-client-rest';
import { parseAddress, type QdrantAddress } from './address.ts';
import { failureOf, unavailable } from './failure.ts';

export interface QdrantOptions {
  url: string;
  key: string | null;
  /** Multiplies every deadline; 1 in production. */
  deadlineScale: number;
  /** From 0 up to 1, for the jitter. */
  random?: () => number;
  /** For tests. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Milliseconds. `read`: a person waits for it, and there is another way to search. */
const patience = {
  read: { deadline: 10_000, tries: 2, longestPause: 500 },
  write: { deadline: 60_000, tries: 6, longestPause: 15_000 },
} as const;
const firstPause = 250;
/** Requests on their way at a time. */
const mostInFlight = 4;

type Api = ReturnType<QdrantClient['api']>;

/** What each request is sent with. */
export interface Sending {
  signal: AbortSignal;
  redirect: 'error';
}

/**
 * The official client's generated API, with what its wrapper cannot do: a deadline for each request, no redirects (they
 * would carry the key to another host), retries, and typed errors.
 */
export class QdrantConnection {
  readonly #options: QdrantOptions;
  readonly #address: QdrantAddress;
  readonly #closed = new AbortController();
  #api: Promise<Api> | null = null;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws TypeError for an address that is none */
  constructor(options: QdrantOptions) {
    this.#options = options;
    this.#address = parseAddress(options.url);
  }

  /**
   * One request, tried again while its failure may pass.
   * @throws CrosspointError `code_search_unavailable`; `cause` is a {@link QdrantFailure}
   */
  async ask<Answer>(
    kind: keyof typeof patience,
    send: (api: Api, init: Sending) => Promise<{ data: { result?: Answer } }>,
  ): Promise<Answer> {
    const data = await this.askRaw(kind, send);
    if (data.result === undefined) throw unavailable({ detail: 'It answered without a result.' });
    return data.result;
  }

  /** The same for the one answer that is not wrapped: the version. */
  async askRaw<Data>(
    kind: keyof typeof patience,
    send: (api: Api, init: Sending) => Promise<{ data: Data }>,
  ): Promise<Data> {
    const { tries, longestPause } = patience[kind];
    const { random = Math.random } = this.#options;
    for (let made = 1; ; made++) {
      try {
        return await this.#once(kind, send);
      } catch (cause) {
        this.#closed.signal.throwIfAborted();
        const failure = failureOf(cause);
        if (!failure.isPassing || made === tries) throw unavailable(failure, failure);
        const backoff = firstPause * 2 ** (made - 1) * (1 + random());
        await this.#pause(Math.min(longestPause, Math.max(backoff, failure.retryAfterMs)));
      }
    }
  }

  close(): void {
    this.#closed.abort(unavailable({ detail: 'The server ends.' }));
  }

  async #once<Data>(
    kind: keyof typeof patience,
    send: (api: Api, init: Sending) => Promise<{ data: Data }>,
  ): Promise<Data> {
    await this.#turn();
    try {
      this.#closed.signal.throwIfAborted();
      const deadline = AbortSignal.timeout(Math.ceil(patience[kind].deadline * this.#options.deadlineScale));
      const signal = AbortSignal.any([this.#closed.signal, deadline]);
      const { data } = await send(await this.#client(), { signal, redirect: 'error' });
      return data;
    } finally {
      this.#inFlight--;
      this.#waiting.shift()?.();
    }
  }

  /** Loaded when it is first needed: it takes 100 ms and 30 MB of everybody's start. */
  #client(): Promise<Api> {
    this.#api ??= import('@qdrant/js-client-rest').then(({ QdrantClient: Client }) => {
      const { key } = this.#options;
      const client = new Client({
        ...this.#address,
        // As a header: the client prints a warning for every key over http.
        ...(key === null ? {} : { headers: { 'api-key': key } }),
        checkCompatibility: false,
        // Its own timer would take our signal's place.
        timeout: Number.POSITIVE_INFINITY,
        maxConnections: mostInFlight,
      });
      return client.api();
    });
    return this.#api;
  }

  async #turn(): Promise<void> {
    while (this.#inFlight >= mostInFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inFlight++;
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#closed;
    const { pause = (wait: number) => sleep(wait, undefined, { signal }) } = this.#options;
    await pause(Math.round(ms), signal);
  }
}
