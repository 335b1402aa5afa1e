import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port that answers with given bytes and keeps what it was sent: for clients that can only be tested over HTTP. */
export async function serveBytes() {
  const next = { contentType: 'application/json', text: '{}' };
  let received = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received = Buffer.concat(chunks).toString();
      response.writeHead(200, { 'content-type': next.contentType });
      response.end(next.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (contentType: string, text: string) => Object.assign(next, { contentType, text }),
    get received() {
      return received;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
