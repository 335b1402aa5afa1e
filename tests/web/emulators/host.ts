import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; null without a body. */
  body: unknown;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON, or as it is when it is text or bytes. */
  body: unknown;
  /** The headers come, the rest never does. */
  hang?: boolean;
}

export type Respond = (asked: Asked) => Reply;

/** A server on loopback that remembers what it was asked. `next` is answered once, in place of what it would say. */
export async function startHost(respond: Respond) {
  const requests: Asked[] = [];
  const next: Reply[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://emulator');
      const text = Buffer.concat(chunks).toString('utf8');
      const asked = {
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        headers: request.headers,
        body: text === '' ? null : (JSON.parse(text) as unknown),
      };
      requests.push(asked);
      const { status, headers = {}, body, hang } = next.shift() ?? respond(asked);
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      response.writeHead(status, { ...(isRaw ? {} : { 'content-type': 'application/json' }), ...headers });
      if (hang) return void response.flushHeaders();
      response.end(isRaw ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    next,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type Host = Awaited<ReturnType<typeof startHost>>;
