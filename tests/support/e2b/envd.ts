import { createReadStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Processes } from './processes.ts';
import { RpcError, readFrame, sendError } from './connect-rpc.ts';

/** E2B's daemon in each sandbox, as far as the SDK uses it; it runs inside the machine (`machine.ts`). */
const home = process.env.HOME ?? '/';
const processes = new Processes(home);

type Handler = (incoming: IncomingMessage, answer: ServerResponse, url: URL) => Promise<void> | void;

const unary = (handle: (message: never) => object): Handler => {
  return async (incoming, answer) => {
    const message = JSON.parse((await buffer(incoming)).toString('utf8')) as never;
    const body = JSON.stringify(handle(message));
    answer.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
};

const routes: Record<string, Handler> = {
  'GET /health': (_, answer) => void answer.writeHead(204).end(),
  'GET /files': download,
  'POST /files': upload,
  'POST /process.Process/Start': async (incoming, answer) => {
    const limit = Number(incoming.headers['connect-timeout-ms'] ?? 0);
    processes.start(readFrame(await buffer(incoming)), limit, answer);
  },
  'POST /process.Process/SendInput': unary((message) => processes.input(message)),
  'POST /process.Process/SendSignal': unary((message) => processes.signal(message)),
  'POST /process.Process/Update': unary((message) => processes.update(message)),
};

const pathOf = (url: URL) => resolve(home, url.searchParams.get('path') ?? '');

async function download(_: IncomingMessage, answer: ServerResponse, url: URL): Promise<void> {
  const status = await stat(pathOf(url)).catch(() => null);
  if (!status) return sendJson(answer, 404, { code: 404, message: `path '${pathOf(url)}' does not exist` });
  if (!status.isFile()) return sendJson(answer, 400, { code: 400, message: 'path is not a file' });
  answer.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': status.size });
  createReadStream(pathOf(url)).pipe(answer);
}

/** Bytes as they are, or a form with one file; the form's whole path is the file's name. */
async function upload(incoming: IncomingMessage, answer: ServerResponse, url: URL): Promise<void> {
  const path = pathOf(url);
  const type = incoming.headers['content-type'] ?? '';
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w');
  try {
    if (type === 'application/octet-stream')
      for await (const piece of incoming) await file.writeFile(piece as Buffer);
    else await file.writeFile(await formFile(incoming, type));
  } finally {
    await file.close();
  }
  sendJson(answer, 200, [{ name: path.split('/').at(-1), path, type: 'file' }]);
}

async function formFile(incoming: IncomingMessage, type: string): Promise<Uint8Array> {
  const form = await new Response(await buffer(incoming), { headers: { 'content-type': type } }).formData();
  const file = form.get('file');
  if (!(file instanceof File)) throw new RpcError('invalid_argument', 'no part is called "file"');
  return new Uint8Array(await file.arrayBuffer());
}

function sendJson(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://envd');
  const route = routes[`${incoming.method} ${url.pathname}`];
  // The service in front notes it, and the test fails.
  if (!route) return void answer.writeHead(404, { 'x-unknown-route': '1' }).end();
  try {
    await route(incoming, answer, url);
  } catch (cause) {
    sendError(answer, cause);
  }
}

/** Traffic to a port of the sandbox; what nobody listens on is answered as the real service does. */
function forward(incoming: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  onward.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else sendJson(answer, 502, { code: 502, message: 'The sandbox is running but port is not open', port });
  });
  incoming.pipe(onward);
}

const portOf = ({ headers }: IncomingMessage) => Number(headers['e2b-sandbox-port']);

createServer((incoming, answer) => {
  if (portOf(incoming) === 49_983) void handle(incoming, answer);
  else forward(incoming, answer, portOf(incoming));
})
  .on('upgrade', (incoming: IncomingMessage, socket, head: Buffer) => {
    const onward = connect(portOf(incoming), '127.0.0.1', () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  })
  .listen(process.argv[2], () => console.log('listening'));
