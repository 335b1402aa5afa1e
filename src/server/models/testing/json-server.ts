import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What a path is answered with: JSON, or anything else through a whole answer. `never` keeps the caller waiting. */
export type Answer = { status?: number; headers?: Record<string, string>; text: string } | 'never';
export type Answers = (asked: Asked) => Answer | undefined;

export const json = (value: unknown): Answer => ({ text: JSON.stringify(value) });

/** A real server on loopback that answers by path, 404 for the rest, and keeps what it was asked. */
export async function jsonServer(answers: Answers) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      const answer = answers(one) ?? { status: 404, text: '{}' };
      if (answer === 'never') return;
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.text);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
