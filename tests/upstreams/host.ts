import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Headers } from './emulator.ts';

/** One request as it came, and where its answer goes. */
export interface Exchange {
  method: string;
  path: string;
  headers: Headers;
  bodyText: string;
  response: ServerResponse;
  /** Set on every answer, e.g. `helicone-id`. */
  extra: Headers;
}

/** An HTTP server on a free port of the loopback interface that can go away and come back under the same address. */
export class Host {
  readonly #server: Server;
  #port = 0;

  constructor(handle: (exchange: Exchange) => Promise<void>) {
    this.#server = createServer((request, response) => {
      readExchange(request, response)
        .then(handle)
        .catch((cause: unknown) => response.destroy(cause as Error));
    });
    this.#server.keepAliveTimeout = 30_000;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    // A test that fails before it could close this one ends all the same, and says why.
    this.#server.unref();
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function readExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const { pathname } = new URL(request.url ?? '/', 'http://host');
  return {
    method: request.method ?? '',
    path: pathname,
    headers: Object.fromEntries(headers) as Headers,
    bodyText: Buffer.concat(chunks).toString('utf8'),
    response,
    extra: {},
  };
}

export function answerJson({ response, extra }: Exchange, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', ...extra }).end(JSON.stringify(body));
}
