import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The floor: what `node:http` in front and `undici` behind cost when nothing at all is done in between. No keys, no limits,
 * no ledger, no health; whole answers only.
 */
const [origin = ''] = process.argv.slice(2);
const pool = new Pool(origin, { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000 });
const headers = { 'content-type': 'application/json' };

const server = createServer((request, response) => {
  const sent: Buffer[] = [];
  request.on('data', (chunk: Buffer) => sent.push(chunk));
  request.once('end', () => {
    const received: Buffer[] = [];
    const body = Buffer.concat(sent);
    const path = request.url ?? '/';
    const asked = { method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 } as const;
    pool.dispatch(asked, {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (_controller, chunk) => void received.push(chunk),
      onResponseEnd: () => {
        const answer = Buffer.concat(received);
        response.writeHead(200, { ...headers, 'content-length': answer.length });
        response.end(answer);
      },
      onResponseError: (_controller, cause) => response.destroy(cause),
    });
  });
});

server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as AddressInfo).port}`));
