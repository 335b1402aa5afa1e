import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Emulated } from './emulated.ts';

/** The address of one port of a sandbox, which answers only to whoever has its token. */
export async function startPreview(sandbox: Emulated, port: number): Promise<Server> {
  const isAllowed = ({ headers }: IncomingMessage) =>
    headers['x-daytona-preview-token'] === sandbox.previewToken;
  const { socketPath } = sandbox.machine;
  const server = createServer((incoming, answer) => {
    if (!isAllowed(incoming)) return void answer.writeHead(401).end();
    const headers = { ...incoming.headers, 'x-test-port': String(port) };
    const onward = request(
      { socketPath, method: incoming.method, path: incoming.url, headers },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!isAllowed(incoming)) return void socket.end('HTTP/1.1 401 Refused\r\nconnection: close\r\n\r\n');
    const onward = connect(socketPath, () => {
      onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\nx-test-port: ${port}\r\n`);
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        onward.write(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}\r\n`);
      onward.write('\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
