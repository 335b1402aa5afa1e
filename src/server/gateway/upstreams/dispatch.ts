import type { IncomingHttpHeaders } from 'node:http';
import type { EmbeddedUpstream } from '../types.ts';

/** Holds the bytes of an answer back, and ends it. */
export interface Flow {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** Bytes of an answer as they come from the socket, without a promise for each. Exactly one of `end` and `fail` comes last. */
export interface Receiver {
  begin(flow: Flow): void;
  head(status: number, headers: IncomingHttpHeaders): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(cause: Error): void;
}

/** The demo inside this process, in the form of a connection. */
export function dispatchEmbedded(
  embedded: EmbeddedUpstream,
  path: string,
  body: Buffer,
  receiver: Receiver,
): void {
  const abort = new AbortController();
  const flow = new EmbeddedFlow(abort);
  receiver.begin(flow);
  deliver(embedded, path, body, receiver, flow).then(
    () => receiver.end(),
    (cause: Error) => receiver.fail(abort.signal.aborted ? (abort.signal.reason as Error) : cause),
  );
}

async function deliver(
  embedded: EmbeddedUpstream,
  path: string,
  body: Buffer,
  receiver: Receiver,
  flow: EmbeddedFlow,
): Promise<void> {
  const { signal } = flow;
  signal.throwIfAborted();
  const response = await embedded.respond(path, body.toString('utf8'), signal);
  receiver.head(response.status, response.headers);
  for await (const chunk of response.body) {
    signal.throwIfAborted();
    receiver.data(Buffer.from(chunk));
    await flow.open;
  }
}

class EmbeddedFlow implements Flow {
  /** Resolves at once unless the flow is paused. */
  open: Promise<void> = Promise.resolve();
  readonly #abort: AbortController;
  #resume = () => {};

  constructor(abort: AbortController) {
    this.#abort = abort;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: Error): void {
    this.#abort.abort(reason);
    this.#resume();
  }

  pause(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.open = promise;
    this.#resume = resolve;
  }

  resume(): void {
    this.#resume();
  }
}
