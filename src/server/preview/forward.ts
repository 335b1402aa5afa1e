import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PortTarget } from '#server/sandbox/sandbox.ts';

/** Of one connection only (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/**
 * Never passed on. Cookies: a page in a sandbox must neither see nor set one that a browser keeps for us. The rest of the
 * answer's: a preview is shown in a frame of our page, whatever it says of frames, and over plain HTTP.
 */
const droppedOfRequest = new Set(['cookie', 'authorization', 'forwarded']);
const droppedOfAnswer = new Set([
  'set-cookie',
  'strict-transport-security',
  'x-frame-options',
  'clear-site-data',
  'alt-svc',
]);

type Headers = Record<string, string | string[]>;

/** Passes a request on to a port of a sandbox, and its answer back. Rejects when there is no answer. */
export async function forward(
  target: PortTarget,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
  frameAncestors: string,
): Promise<void> {
  const outgoing = await open(target, port, request, {});
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve).once('error', answered.reject);
  response.once('close', () => outgoing.destroy());
  pipeline(request, outgoing).catch(answered.reject);
  const answer = await answered.promise;
  const headers = answerHeaders(answer, frameAncestors);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers);
  await pipeline(answer, response);
}

/** Passes a WebSocket on: the handshake as it is but for what is dropped, then bytes both ways. */
export async function forwardUpgrade(
  target: PortTarget,
  port: number,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const outgoing = await open(target, port, request, { connection: 'Upgrade', upgrade: 'websocket' });
  outgoing.end();
  const { answer, far, first } = await upgraded(outgoing);
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !droppedOfAnswer.has(name))
      for (const one of [value].flat()) lines.push(`${name}: ${one}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (!far) return void answer.pipe(socket);
  if (first.length) socket.write(first);
  if (head.length) far.write(head);
  socket.on('error', () => far.destroy()).on('close', () => far.destroy());
  far.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  socket.pipe(far).pipe(socket);
}

interface Upgraded {
  answer: IncomingMessage;
  /** null: it was refused, and `answer` says how. */
  far: Duplex | null;
  first: Buffer;
}

function upgraded(outgoing: ClientRequest): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('upgrade', (answer, far, first) => resolve({ answer, far, first }));
    outgoing.once('response', (answer) => resolve({ answer, far: null, first: Buffer.alloc(0) }));
  });
}

async function open(
  target: PortTarget,
  port: number,
  request: IncomingMessage,
  extra: Headers,
): Promise<ClientRequest> {
  const { method = 'GET', url = '/' } = request;
  const headers = { ...requestHeaders(request), ...extra };
  if (target.kind === 'socket') {
    const connection = await target.connect();
    // Development servers answer to localhost only, as a protection of their own.
    return httpRequest({
      createConnection: () => connection,
      method,
      path: url,
      headers: { ...headers, host: `localhost:${port}` },
    });
  }
  const base = new URL(target.url);
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  return send(base, { method, path: url, headers: { ...headers, ...target.headers, host: base.host } });
}

function requestHeaders({ headers }: IncomingMessage): Headers {
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.has(name) || droppedOfRequest.has(name)) continue;
    // Where a page says from where it asks, it says the host that its server believes to have.
    if (name === 'origin' || name === 'referer') continue;
    kept[name] = value;
  }
  return kept;
}

function answerHeaders(answer: IncomingMessage, frameAncestors: string): Headers {
  const headers: Headers = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !hopByHop.has(name) && !droppedOfAnswer.has(name)) headers[name] = value;
  // Several policies all apply: that of the page stays, but for who may frame it.
  const own = [headers['content-security-policy'] ?? []]
    .flat()
    .map((policy) => policy.replaceAll(/frame-ancestors[^;]*(;|$)/gi, ''))
    .filter((policy) => policy.trim());
  headers['content-security-policy'] = [...own, `frame-ancestors ${frameAncestors}`];
  // The token is in the host: no other site is told where a request came from.
  headers['referrer-policy'] = 'same-origin';
  headers['cross-origin-resource-policy'] = 'same-origin';
  return headers;
}
