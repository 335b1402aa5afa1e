import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler, McpServer, fromJsonSchema } from '@modelcontextprotocol/server';

/** What a server of a test offers now; a test may change it while it runs. */
export interface OfferedForTest {
  name: string;
  description: string;
  inputSchema?: Record<string, unknown>;
  annotations?: { readOnlyHint?: boolean };
  call: (args: Record<string, unknown>) => unknown;
}

/**
 * A server as its own SDK makes it, at a port of loopback.
 * @param guard false: it has answered, and the server is not asked
 */
export async function startMcpServer(
  tools: OfferedForTest[],
  guard: (request: IncomingMessage, response: ServerResponse) => boolean = () => true,
) {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'test', version: '1' });
    for (const { name, description, inputSchema, annotations, call } of tools)
      server.registerTool(
        name,
        {
          description,
          inputSchema: fromJsonSchema(inputSchema ?? { type: 'object', properties: {} }),
          ...(annotations ? { annotations } : {}),
        },
        async (args: unknown) => (await call(args as Record<string, unknown>)) as never,
      );
    return server;
  });
  const requests: { method: string; headers: IncomingMessage['headers'] }[] = [];
  const raw = await startRaw((request, response) => {
    requests.push({ method: request.method ?? '', headers: request.headers });
    if (guard(request, response)) void answer(handler.fetch.bind(handler), request, response);
  });
  return { ...raw, requests, tools };
}

/** Whatever a hostile server says. */
export async function startRaw(serve: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  const given = new Request(`http://127.0.0.1${request.url}`, {
    method: request.method ?? 'GET',
    headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length ? { body: new Uint8Array(body) } : {}),
  });
  const made = await handle(given);
  response.writeHead(made.status, Object.fromEntries(made.headers));
  for await (const chunk of made.body ?? []) response.write(chunk);
  response.end();
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
