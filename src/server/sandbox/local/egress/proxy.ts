import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AllowList } from './allow-list.ts';

/** Milliseconds until a connection stands. */
const connectTimeoutMs = 15_000;
/** Milliseconds without a byte after which a connection ends. */
const idleTimeoutMs = 120_000;
const defaultPort = 80;

/** Headers for this proxy, not for the server. */
const ownHeaders = ['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive', 'te', 'upgrade'];

/** Why a connection is not made, in words for the command that wanted it. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The way out of the pods: an HTTP proxy that listens nowhere and is given the connections of the pods' sockets. It alone
 * resolves names and connects, to the hosts of the list only; what flows through is not looked at.
 */
export class EgressProxy {
  readonly #allowed: AllowList;
  readonly #server: Server;

  constructor(allowed: readonly string[]) {
    this.#allowed = new AllowList(allowed);
    this.#server = createServer((request, response) => void this.#forward(request, response));
    this.#server.on('connect', (request, client, head) => void this.#tunnel(request, client, head));
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  /** Takes over one connection from a pod. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
    socket.resume();
  }

  async #tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    try {
      const { hostname, port } = authorityOf(request.url ?? '');
      const server = await this.#connect(hostname, Number(port || defaultPort));
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      server.write(head);
      server.on('error', () => client.destroy()).on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      server.pipe(client).pipe(server);
    } catch (cause) {
      const { status, message } = refusalOf(cause);
      client.end(
        `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: ${message.length}\r\n\r\n${message}`,
      );
    }
  }

  /** A request of plain HTTP, whose target is a whole URL. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = plainUrl(request.url ?? '');
      const server = await this.#connect(url.hostname, Number(url.port || defaultPort));
      const outgoing = httpRequest({
        createConnection: () => server,
        method: request.method ?? 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { ...withoutOwn(request), host: url.host, connection: 'close' },
      });
      outgoing.on('response', (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        incoming.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      response.on('close', () => server.destroy());
      request.pipe(outgoing);
    } catch (cause) {
      const { status, message } = refusalOf(cause);
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${message}\n`);
    }
  }

  /** To the very address that was checked, so that a second answer of the name server decides nothing. */
  async #connect(host: string, port: number): Promise<Socket> {
    const name = host.replace(/^\[(.*)\]$/, '$1');
    if (!this.#allowed.allows(name, port)) throw new Refusal(403, this.#notAllowed(name, port));
    const addresses = await lookup(name, { all: true }).catch(() => []);
    const target = addresses.find(({ address }) => this.#allowed.allowsAddress(name, port, address));
    if (!target)
      throw addresses.length > 0
        ? new Refusal(
            403,
            `${name} leads to an internal address, which its entry does not allow without a port.`,
          )
        : new Refusal(502, `The name ${name} is not known.`);
    return dial(target.address, port);
  }

  #notAllowed(host: string, port: number): string {
    return `${host}:${port} cannot be reached from the sandbox. Allowed: ${this.#allowed.entries.join(', ')}.`;
  }
}

function dial(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, timeout: connectTimeoutMs });
  return new Promise((resolve, reject) => {
    const fail = () => {
      socket.destroy();
      reject(new Refusal(502, `Port ${port} of the host does not answer.`));
    };
    socket.once('error', fail).once('timeout', fail);
    socket.once('connect', () => {
      socket.off('error', fail).off('timeout', fail);
      socket.setTimeout(idleTimeoutMs, () => socket.destroy());
      resolve(socket);
    });
  });
}

function authorityOf(authority: string): { hostname: string; port: string } {
  const [, hostname, port] = /^(\[[0-9a-fA-F:.]+\]|[^:/@\s]+):(\d{1,5})$/.exec(authority) ?? [];
  if (hostname === undefined || port === undefined) throw new Refusal(400, 'CONNECT needs host:port.');
  return { hostname, port };
}

function plainUrl(target: string): URL {
  const url = URL.parse(target);
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '')
    throw new Refusal(400, 'This is a proxy: the target must be a whole http:// URL.');
  return url;
}

function withoutOwn({ headers }: IncomingMessage): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.includes(name)));
}

function refusalOf(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  throw cause;
}
