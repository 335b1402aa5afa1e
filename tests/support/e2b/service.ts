import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Machine } from '../machine/machine.ts';

interface Emulated {
  id: string;
  machine: Machine;
  metadata: Record<string, string>;
  state: 'running' | 'paused';
  endAt: number;
  accessToken: string;
  trafficToken: string;
}

/** What goes wrong next; each counts down with the requests that it meets. */
export interface Faults {
  /** Answers of 502 to requests to a sandbox. */
  badGateways: number;
  /** Answers of 429 of the control plane; `retryAfter` in seconds. */
  tooMany: { times: number; retryAfter?: number };
  /** The control plane answers 500. */
  controlPlaneDown: boolean;
  /** Creating waits for it. */
  createGate: Promise<void>;
}

const knownOnCreate = new Set(
  'templateID metadata timeout autoPause allow_internet_access network envVars'.split(' '),
);

/** E2B's contract on loopback: the control plane, and the way to the daemon in each sandbox (`envd.ts`). */
export class E2bService {
  readonly faults: Faults = {
    badGateways: 0,
    tooMany: { times: 0 },
    controlPlaneDown: false,
    createGate: Promise.resolve(),
  };
  /** What no route is there for; a test that leaves anything here has failed. */
  readonly unknown: string[] = [];
  readonly sandboxes = new Map<string, Emulated>();
  readonly created: Record<string, unknown>[] = [];
  readonly timeouts: unknown[] = [];
  readonly apiKey: string;
  readonly #streams = new Set<ServerResponse>();
  readonly #server: Server;

  private constructor(apiKey: string) {
    this.apiKey = apiKey;
    this.#server = createServer((incoming, answer) => void this.#handle(incoming, answer));
    this.#server.on('upgrade', (incoming, socket, head: Buffer) => {
      const sandbox = this.sandboxes.get(String(incoming.headers['e2b-sandbox-id']));
      if (!sandbox) return void socket.destroy();
      const onward = connect(sandbox.machine.socketPath, () => {
        onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headerLines(incoming)}\r\n`);
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
  }

  static async start(apiKey = 'e2b_test'): Promise<E2bService> {
    const service = new E2bService(apiKey);
    await once(service.#server.listen(0, '127.0.0.1'), 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the end of a sandbox's time does. */
  async expire(id: string): Promise<void> {
    await this.#pause(this.#get(id));
  }

  async kill(id: string): Promise<void> {
    const sandbox = this.#get(id);
    this.sandboxes.delete(id);
    await sandbox.machine.remove();
  }

  /** Cuts every stream that is open; the processes go on. */
  dropStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    for (const id of [...this.sandboxes.keys()]) await this.kill(id);
  }

  #get(id: string): Emulated {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) throw new NoSandbox();
    return sandbox;
  }

  async #pause(sandbox: Emulated): Promise<void> {
    sandbox.state = 'paused';
    await sandbox.machine.stop();
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const id = incoming.headers['e2b-sandbox-id'];
    if (typeof id === 'string') return this.#toSandbox(id, incoming, answer);
    try {
      await this.#control(incoming, answer);
    } catch (cause) {
      if (cause instanceof NoSandbox) send(answer, 404, { code: 404, message: 'sandbox not found' });
      else send(answer, 400, { code: 400, message: String(cause) });
    }
  }

  async #control(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { tooMany, controlPlaneDown } = this.faults;
    if (controlPlaneDown) return send(answer, 500, { code: 500, message: 'internal' });
    if (tooMany.times > 0) {
      tooMany.times -= 1;
      if (tooMany.retryAfter !== undefined) answer.setHeader('retry-after', tooMany.retryAfter);
      return send(answer, 429, { code: 429, message: 'too many requests' });
    }
    if (incoming.headers['x-api-key'] !== this.apiKey)
      return send(answer, 401, { code: 401, message: 'no key' });
    const url = new URL(incoming.url ?? '/', this.url);
    const text = (await buffer(incoming)).toString('utf8');
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    // The newest SDK asks below /v2; clusters of a year ago know the same routes without it.
    const [, , id = '', action = ''] = url.pathname.replace(/^\/v2\//, '/').split('/');
    switch (`${incoming.method} ${id && ':id'} ${action}`) {
      case 'POST  ':
        return send(answer, 201, await this.#create(body));
      case 'GET  ':
        return send(answer, 200, this.#list(url));
      case 'GET :id ':
        return send(answer, 200, this.#details(this.#get(id)));
      case 'DELETE :id ':
        await this.kill(id);
        return send(answer, 204);
      case 'POST :id timeout':
        this.#keep(this.#get(id), body.timeout);
        return send(answer, 204);
      case 'POST :id pause':
        if (this.#get(id).state === 'paused')
          return send(answer, 409, { code: 409, message: 'paused already' });
        await this.#pause(this.#get(id));
        return send(answer, 204);
      case 'POST :id connect':
        return send(answer, 200, await this.#connect(this.#get(id), body));
      default:
        this.unknown.push(`${incoming.method} ${url.pathname}`);
        return send(answer, 404, { code: 404, message: 'no such route' });
    }
  }

  async #create(body: Record<string, unknown>): Promise<object> {
    const strange = Object.keys(body).filter((key) => !knownOnCreate.has(key));
    if (strange.length > 0 || typeof body.templateID !== 'string')
      throw new TypeError(`not understood: ${strange.join(', ')}`);
    this.created.push(body);
    await this.faults.createGate;
    const machine = await Machine.make(join(import.meta.dirname, 'envd.ts'));
    const sandbox: Emulated = {
      id: `i${randomBytes(9).toString('hex')}`,
      machine,
      metadata: body.metadata as Record<string, string>,
      state: 'running',
      endAt: 0,
      accessToken: randomBytes(8).toString('hex'),
      trafficToken: randomBytes(8).toString('hex'),
    };
    this.#keep(sandbox, body.timeout);
    this.sandboxes.set(sandbox.id, sandbox);
    return this.#access(sandbox);
  }

  async #connect(sandbox: Emulated, body: Record<string, unknown>): Promise<object> {
    this.#keep(sandbox, body.timeout);
    if (sandbox.state === 'paused') {
      await sandbox.machine.start();
      sandbox.state = 'running';
    }
    return this.#access(sandbox);
  }

  #keep(sandbox: Emulated, seconds: unknown): void {
    if (!Number.isInteger(seconds)) throw new TypeError('a timeout is a whole number of seconds');
    this.timeouts.push(seconds);
    sandbox.endAt = Date.now() + Number(seconds) * 1_000;
  }

  #access({ id, accessToken, trafficToken }: Emulated): object {
    return {
      ...{ sandboxID: id, templateID: 'base', clientID: 'c', envdVersion: '0.6.13', domain: null },
      ...{ envdAccessToken: accessToken, trafficAccessToken: trafficToken },
    };
  }

  #details({ id, metadata, state, endAt }: Emulated): object {
    const startedAt = new Date(0).toISOString();
    const size = { cpuCount: 2, memoryMB: 512, diskSizeMB: 512 };
    const dates = { startedAt, endAt: new Date(endAt).toISOString() };
    return {
      sandboxID: id,
      templateID: 'base',
      clientID: 'c',
      envdVersion: '0.6.13',
      metadata,
      state,
      ...size,
      ...dates,
    };
  }

  #list(url: URL): object[] {
    const wanted = new URLSearchParams(url.searchParams.get('metadata') ?? '');
    const all = [...this.sandboxes.values()].filter(({ metadata }) =>
      [...wanted].every(([key, value]) => metadata[decodeURIComponent(key)] === decodeURIComponent(value)),
    );
    return all.map((sandbox) => this.#details(sandbox));
  }

  #toSandbox(id: string, incoming: IncomingMessage, answer: ServerResponse): void {
    const sandbox = this.sandboxes.get(id);
    const lost = sandbox?.state !== 'running';
    if (lost || this.faults.badGateways > 0) {
      if (!lost) this.faults.badGateways -= 1;
      return send(answer, 502, { sandboxId: id, message: 'The sandbox was not found', code: 502 });
    }
    const { headers, method, url: path } = incoming;
    const daemon = headers['e2b-sandbox-port'] === '49983';
    const token = daemon ? sandbox.accessToken : sandbox.trafficToken;
    if (headers[daemon ? 'x-access-token' : 'e2b-traffic-access-token'] !== token)
      return send(answer, 401, { code: 401, message: 'no token of the sandbox' });
    const onward = request({ socketPath: sandbox.machine.socketPath, method, path, headers }, (response) => {
      if (response.headers['x-unknown-route']) this.unknown.push(`${method} ${path}`);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', () => answer.destroy()).pipe(answer);
    });
    if (path === '/process.Process/Start') this.#streams.add(answer);
    answer.on('close', () => this.#streams.delete(answer));
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  }
}

class NoSandbox extends Error {}

function headerLines({ rawHeaders }: IncomingMessage): string {
  let lines = '';
  for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return lines;
}

function send(answer: ServerResponse, status: number, body?: object): void {
  answer.writeHead(status, { 'content-type': 'application/json' });
  answer.end(body === undefined ? undefined : JSON.stringify(body));
}
