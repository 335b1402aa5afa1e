import type { IncomingMessage, ServerResponse } from 'node:http';
import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import type { Wire } from '#protocol/message.ts';
import { clientFailure, type ClientFailure } from '../clients/failure.ts';
import { errorBody, errorEvent } from './error-answer.ts';

/** `Helicone-RateLimit-*` of a refusal by a limit. */
function refusalHeaders(cause: unknown): [string, string][] {
  if (!(cause instanceof CrosspointError) || cause.code !== 'rate_limited') return [];
  const { headers = {} } = (cause.cause ?? {}) as { headers?: Record<string, string> };
  return Object.entries(headers);
}

/** Official clients ask again after every 5xx by themselves; after these it cannot help. */
const final: ReadonlySet<ErrorCode> = new Set([
  'provider_auth',
  'provider_redirect',
  'provider_too_large',
  'content_filtered',
]);

function isFinal(cause: unknown): boolean {
  return cause instanceof CrosspointError && final.has(cause.code);
}

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly wire: Wire;
  readonly startedAt = performance.now();
  /** Of the headers, once they are read. */
  requestId = '';
  /** For the access log. */
  noted: Record<string, unknown> = {};
  /** Headers of every answer, also of an error. */
  readonly headers: [string, string][] = [];
  /** Told once when the client is gone before its answer was whole. */
  served: { leave(): void } | null = null;
  left = false;
  /** How a stream that has begun tells a failure, where its writer knows better. */
  failing: ((failure: ClientFailure) => string) | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, path: string, wire: Wire) {
    this.request = request;
    this.response = response;
    this.path = path;
    this.wire = wire;
    response.once('close', () => {
      if (response.writableFinished) return;
      this.left = true;
      this.served?.leave();
    });
  }

  /** The head of an answer of the gateway's own or of a provider. */
  head(status: number, headers: readonly [string, string][]): void {
    const flat: string[] = ['cache-control', 'no-store', 'x-content-type-options', 'nosniff'];
    for (const [name, value] of this.headers) flat.push(name, value);
    for (const [name, value] of headers) flat.push(name, value);
    this.response.writeHead(status, flat);
  }

  json(status: number, body: string | Buffer, headers: readonly [string, string][] = []): void {
    if (this.response.headersSent || this.left) return;
    const length = String(Buffer.byteLength(body));
    this.head(status, [['content-type', 'application/json'], ['content-length', length], ...headers]);
    this.response.end(body);
  }

  /** @param retryAfterMs when trying again may help */
  fail(cause: unknown, retryAfterMs?: number): void {
    const failure = clientFailure(cause);
    this.noted = { ...this.noted, code: failure.code };
    if (this.response.headersSent) return this.#failStream(failure);
    const headers = refusalHeaders(cause);
    if (retryAfterMs !== undefined)
      headers.push(['retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1_000)))]);
    if (isFinal(cause)) headers.push(['x-should-retry', 'false']);
    if (failure.status === 401) headers.push(['www-authenticate', 'Bearer realm="crosspoint"']);
    // What was not read of a refused body would be taken for the next request.
    if (!this.request.complete) this.request.resume();
    this.json(failure.status, errorBody(this.wire, failure, this.requestId), headers);
  }

  #failStream(failure: ClientFailure): void {
    if (this.left || this.response.writableEnded) return;
    this.response.end(this.failing?.(failure) ?? errorEvent(this.wire, failure, this.requestId));
  }
}
