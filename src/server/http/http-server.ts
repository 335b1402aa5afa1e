import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { originsOf, type Origins } from './guard.ts';
import { startingListener, type Listener } from './listener.ts';

/** Milliseconds: slow senders are cut off (the cure for slowloris), slow readers are the streams' business. */
const headersTimeout = 10_000;
const requestTimeout = 30_000;
/** A sender that was refused has so long to read why; one that goes on sending would hold its connection for ever. */
const lingerMs = 1_000;
/** What still runs after that long at shutdown is cut off. */
const graceMs = 2_000;

/** The one socket of the process. Answers `503` from the first moment until `serve` is called. */
export class HttpServer {
  readonly port: number;
  readonly origins: Origins;
  readonly #server: Server;
  #listener: Listener;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.origins = originsOf(host, this.port);
    this.#listener = startingListener(this.origins);
    server.on('request', (request, response) => this.#listener.request(request, response));
    server.on('upgrade', (request, socket, head) => this.#listener.upgrade(request, socket, head));
    server.on('clientError', refuseBroken);
  }

  /** @throws the error of the socket: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, … */
  static async listen(host: string, port: number): Promise<HttpServer> {
    const server = createServer({ headersTimeout, requestTimeout, connectionsCheckingInterval: 5_000 });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
    await promise;
    server.off('error', reject);
    return new HttpServer(server, host);
  }

  /** As it is printed and opened: `http://localhost:3210`. */
  get origin(): string {
    return `http://${this.origins.canonicalHost}`;
  }

  serve(listener: Listener): void {
    this.#listener = listener;
  }

  /** No new connection and no new request from here on; resolves when the last answer has gone out, or has been cut off. */
  async close(): Promise<void> {
    this.#listener.close();
    this.#listener = startingListener(this.origins);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // A connection that ends its last answer stays open for the next request, which would not be answered.
    const idle = setInterval(() => this.#server.closeIdleConnections(), 20);
    const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }
}

/** What is no HTTP, or too much of it, before there is a request that could be answered. */
function refuseBroken(cause: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || cause.code === 'ECONNRESET') return void socket.destroy();
  const [status, sentence] = brokenAnswers[cause.code ?? ''] ?? [
    '400 Bad Request',
    'This is not an HTTP request.',
  ];
  const body = JSON.stringify({ error: sentence, code: 'bad_request' });
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

const brokenAnswers: Record<string, [string, string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large. Send less.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request came too slowly.'],
};
