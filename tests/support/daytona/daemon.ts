import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { DaemonError } from './daemon-error.ts';
import { Sessions } from './sessions.ts';
import { Terminals } from './terminals.ts';

/** Daytona's daemon in each sandbox ("toolbox"), as far as the SDK uses it; it runs inside the machine (`machine.ts`). */
const home = process.env.HOME ?? '/';
const sessions = new Sessions(home);
const terminals = new Terminals(home);
const boundary = 'DAYTONA-FILE-BOUNDARY';
const exitControl = 'X-Daytona-Pty-Exit-Control';
const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has(exitControl) ? exitControl : ([...offered][0] ?? false)),
});

type Handler = (
  body: Buffer,
  answer: ServerResponse,
  found: string[],
  incoming: IncomingMessage,
) => Promise<void> | void;

const routes: [method: string, path: RegExp, handle: Handler][] = [
  ['POST', /^\/process\/session$/, (body, answer) => json(answer, 201, sessions.create(parse(body)))],
  [
    'POST',
    /^\/process\/session\/([\w-]+)\/exec$/,
    (body, answer, [id = '']) => json(answer, 202, sessions.run(id, parse(body))),
  ],
  [
    'DELETE',
    /^\/process\/session\/([\w-]+)$/,
    (_, answer, [id = '']) => json(answer, 204, sessions.remove(id)),
  ],
  [
    'POST',
    /^\/process\/pty\/([\w-]+)\/resize$/,
    (body, answer, [id = '']) => json(answer, 200, terminals.resize(id, parse(body))),
  ],
  ['DELETE', /^\/process\/pty\/([\w-]+)$/, (_, answer, [id = '']) => json(answer, 200, terminals.remove(id))],
  ['POST', /^\/files\/bulk-upload$/, (body, answer, _, incoming) => upload(body, answer, incoming)],
  ['POST', /^\/files\/bulk-download$/, (body, answer) => download(parse(body), answer)],
];

/** Pairs of `files[i].path` and `files[i].file`, of which the path comes first. */
async function upload(body: Buffer, answer: ServerResponse, incoming: IncomingMessage): Promise<void> {
  const headers = { 'content-type': incoming.headers['content-type'] ?? '' };
  const form = [...(await new Response(body, { headers }).formData())];
  if (form.length !== 2) throw new DaemonError(400, 'one file at a time, please');
  const [[pathName, path], [fileName, file]] = form as [[string, unknown], [string, unknown]];
  if (
    pathName !== 'files[0].path' ||
    fileName !== 'files[0].file' ||
    typeof path !== 'string' ||
    !(file instanceof File)
  )
    throw new DaemonError(400, 'a file needs its path before it');
  const target = resolve(home, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, new Uint8Array(await file.arrayBuffer()));
  answer.writeHead(200).end();
}

async function download({ paths }: { paths?: unknown }, answer: ServerResponse): Promise<void> {
  if (!Array.isArray(paths) || paths.length !== 1) throw new DaemonError(400, 'one path at a time, please');
  const path = resolve(home, String(paths[0]));
  const status = await stat(path).catch(() => null);
  answer.writeHead(200, { 'content-type': `multipart/form-data; boundary=${boundary}` });
  const name = status?.isFile() ? 'file' : 'error';
  answer.write(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${path}"\r\n`);
  if (!status?.isFile()) {
    const error = {
      message: 'file not found',
      statusCode: 404,
      code: 'FILE_NOT_FOUND',
      source: 'DAYTONA_DAEMON',
    };
    answer.end(`Content-Type: application/json\r\n\r\n${JSON.stringify(error)}\r\n--${boundary}--\r\n`);
    return;
  }
  answer.write('Content-Type: application/octet-stream\r\n\r\n');
  for await (const piece of createReadStream(path)) answer.write(piece);
  answer.end(`\r\n--${boundary}--\r\n`);
}

function json(answer: ServerResponse, status: number, body: object | undefined): void {
  answer
    .writeHead(status, { 'content-type': 'application/json' })
    .end(body ? JSON.stringify(body) : undefined);
}

const parse = (body: Buffer) => JSON.parse(body.toString('utf8')) as never;

async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname } = new URL(incoming.url ?? '/', 'http://daemon');
  for (const [method, path, use] of routes) {
    const found = path.exec(pathname);
    if (!found || method !== incoming.method) continue;
    try {
      await use(await buffer(incoming), answer, found.slice(1), incoming);
    } catch (cause) {
      const { status, message } =
        cause instanceof DaemonError ? cause : { status: 500, message: String(cause) };
      json(answer, status, { statusCode: status, message, source: 'DAYTONA_DAEMON' });
    }
    return;
  }
  // The service in front notes it, and the test fails.
  answer.writeHead(404, { 'x-unknown-route': '1' }).end();
}

function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://daemon');
  const [, session = '', command = ''] =
    /^\/process\/session\/([\w-]+)\/command\/([\w-]+)\/logs$/.exec(pathname) ?? [];
  const isTerminal = pathname === '/process/pty/create-connect';
  if (!isTerminal && (session === '' || searchParams.get('follow') !== 'true'))
    return void socket.end('HTTP/1.1 404 Not Found\r\nx-unknown-route: 1\r\nconnection: close\r\n\r\n');
  sockets.handleUpgrade(incoming, socket, head, (page) => {
    try {
      if (isTerminal) terminals.open(page, searchParams, incoming.headers['sec-websocket-protocol'] ?? '');
      else sessions.follow(session, command, page);
    } catch (cause) {
      page.close(1008, String(cause).slice(0, 100));
    }
  });
}

/** Traffic to a port of the sandbox; the service in front has looked at its token. */
function forward(incoming: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  onward.on('error', () =>
    answer.headersSent ? answer.destroy() : json(answer, 502, { message: 'port is not open' }),
  );
  incoming.pipe(onward);
}

const portOf = ({ headers }: IncomingMessage) => Number(headers['x-test-port'] ?? 0);

createServer((incoming, answer) => {
  if (portOf(incoming) === 0) void handle(incoming, answer);
  else forward(incoming, answer, portOf(incoming));
})
  .on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (portOf(incoming) === 0) return upgrade(incoming, socket, head);
    const onward = connect(portOf(incoming), '127.0.0.1', () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
  })
  .listen(process.argv[2], () => console.log('listening'));
