import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Machine } from '../machine/machine.ts';
import { fail, headerLines, send } from './answers.ts';
import type { Emulated, Faults } from './emulated.ts';
import { startPreview } from './preview.ts';

const knownOnCreate = new Set(
  'env labels snapshot target public autoStopInterval autoArchiveInterval autoDeleteInterval networkBlockAll'.split(
    ' ',
  ),
);
const notStarted =
  'bad request: failed to resolve container IP after 3 attempts: no IP address found. Is the Sandbox started?';

/** Daytona's contract on loopback: the API, and the way to the toolbox in each sandbox (`daemon.ts`). */
export class DaytonaService {
  readonly faults: Faults = {
    badGateways: 0,
    tooMany: { times: 0 },
    apiDown: false,
    forbidden: false,
    lostAnswers: 0,
  };
  /** What no route is there for; a test that leaves anything here has failed. */
  readonly unknown: string[] = [];
  readonly sandboxes = new Map<string, Emulated>();
  readonly created: Record<string, unknown>[] = [];
  readonly activities: string[] = [];
  readonly apiKey = 'dtn_test_key_of_daytona';
  readonly #previews = new Set<Server>();
  readonly #sockets = new Set<Duplex>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, answer) => {
      this.#handle(incoming, answer).catch((cause: unknown) => {
        if (cause instanceof NoSandbox) fail(answer, 404, 'Sandbox not found');
        else fail(answer, 400, cause instanceof Error ? cause.message : String(cause));
      });
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#upgrade(incoming, socket, head);
    });
  }

  static async start(): Promise<DaytonaService> {
    const service = new DaytonaService();
    await once(service.#server.listen(0, '127.0.0.1'), 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get apiUrl(): string {
    return `${this.url}/api`;
  }

  /** As idling does, or the person in the dashboard. */
  async stop(id: string, state: 'stopped' | 'archived' = 'stopped'): Promise<void> {
    const sandbox = this.get(id);
    await sandbox.machine.stop();
    sandbox.state = state;
  }

  async kill(id: string): Promise<void> {
    const sandbox = this.get(id);
    this.sandboxes.delete(id);
    sandbox.state = 'destroyed';
    await sandbox.machine.remove();
  }

  /** Cuts every socket that is open; the processes go on. */
  dropStreams(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropStreams();
    for (const server of [this.#server, ...this.#previews]) {
      server.closeAllConnections();
      server.close();
    }
    for (const id of [...this.sandboxes.keys()]) await this.kill(id);
  }

  get(id: string): Emulated {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) throw new NoSandbox();
    return sandbox;
  }

  async #handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (incoming.headers.authorization !== `Bearer ${this.apiKey}`) return fail(answer, 401, 'Unauthorized');
    const url = new URL(incoming.url ?? '/', this.url);
    if (url.pathname.startsWith('/toolbox/')) return this.#toToolbox(incoming, answer, url);
    const { tooMany, apiDown, forbidden } = this.faults;
    if (apiDown) return fail(answer, 500, 'Internal server error');
    if (forbidden) return fail(answer, 403, 'Total disk limit exceeded');
    if (tooMany.times > 0) {
      tooMany.times -= 1;
      if (tooMany.retryAfter !== undefined) answer.setHeader('retry-after', tooMany.retryAfter);
      return fail(answer, 429, 'Too many requests');
    }
    const text = (await buffer(incoming)).toString('utf8');
    await this.#api(incoming, answer, url, text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
  }

  async #api(
    incoming: IncomingMessage,
    answer: ServerResponse,
    url: URL,
    body: Record<string, unknown>,
  ): Promise<void> {
    const [, root, name, id = '', action = '', port = '', last = ''] = url.pathname.split('/');
    if (root !== 'api' || name !== 'sandbox') return this.#noRoute(incoming, answer, url);
    switch (`${incoming.method} ${id && ':id'} ${action} ${port && ':port'} ${last}`.trim()) {
      case 'POST': {
        const made = await this.#create(body);
        if (this.faults.lostAnswers > 0) {
          this.faults.lostAnswers -= 1;
          return void answer.destroy();
        }
        return send(answer, 200, this.#view(made));
      }
      case 'GET':
        return send(answer, 200, {
          items: this.#list(url).map((each) => this.#view(each)),
          nextCursor: null,
        });
      case 'GET :id':
        return send(answer, 200, this.#view(this.get(id)));
      case 'DELETE :id': {
        const sandbox = this.get(id);
        await this.kill(id);
        return send(answer, 200, this.#view(sandbox));
      }
      case 'POST :id start':
        return send(answer, 200, this.#view(await this.#start(this.get(id))));
      case 'POST :id stop':
        if (this.get(id).state !== 'started') return fail(answer, 400, 'Sandbox is not started');
        await this.stop(id);
        return send(answer, 200, this.#view(this.get(id)));
      case 'POST :id last-activity':
        this.activities.push(this.get(id).id);
        this.get(id).lastActivityAt = new Date().toISOString();
        return send(answer, 200);
      case 'GET :id ports :port preview-url':
        return send(answer, 200, await this.#preview(this.get(id), Number(port)));
      default:
        return this.#noRoute(incoming, answer, url);
    }
  }

  #noRoute(incoming: IncomingMessage, answer: ServerResponse, url: URL): void {
    this.unknown.push(`${incoming.method} ${url.pathname}`);
    fail(answer, 404, `Cannot ${incoming.method} ${url.pathname}`);
  }

  async #create(body: Record<string, unknown>): Promise<Emulated> {
    const strange = Object.keys(body).filter((key) => !knownOnCreate.has(key));
    const { autoStopInterval, labels } = body;
    if (strange.length > 0 || !Number.isInteger(autoStopInterval) || Number(autoStopInterval) < 1)
      throw new TypeError(`not understood: ${strange.join(', ')} ${String(autoStopInterval)}`);
    if (body.snapshot === 'missing')
      throw new TypeError('Snapshot missing not found. Did you add it through the Daytona Dashboard?');
    this.created.push(body);
    const sandbox: Emulated = {
      id: randomUUID(),
      machine: await Machine.make(join(import.meta.dirname, 'daemon.ts')),
      labels: labels as Record<string, string>,
      state: 'started',
      previewToken: randomBytes(8).toString('hex'),
      lastActivityAt: new Date().toISOString(),
      passing: [],
    };
    this.sandboxes.set(sandbox.id, sandbox);
    return sandbox;
  }

  async #start(sandbox: Emulated): Promise<Emulated> {
    if (sandbox.state === 'started') throw new TypeError('Sandbox is already started');
    if (sandbox.passing.length > 0) throw new TypeError('Sandbox state change in progress');
    await sandbox.machine.start();
    sandbox.state = 'started';
    return sandbox;
  }

  /** All labels that are named have to be there. */
  #list(url: URL): Emulated[] {
    const wanted = JSON.parse(url.searchParams.get('labels') ?? '{}') as Record<string, string>;
    return [...this.sandboxes.values()].filter(({ labels }) =>
      Object.entries(wanted).every(([key, value]) => labels[key] === value),
    );
  }

  async #preview(sandbox: Emulated, port: number): Promise<object> {
    const preview = await startPreview(sandbox, port);
    this.#previews.add(preview);
    const { port: at } = preview.address() as AddressInfo;
    return { sandboxId: sandbox.id, url: `http://127.0.0.1:${at}`, token: sandbox.previewToken };
  }

  #view({ id, labels, passing, lastActivityAt, ...sandbox }: Emulated): object {
    const state = passing.shift() ?? sandbox.state;
    return {
      ...{ id, name: id, labels, state, lastActivityAt, updatedAt: lastActivityAt },
      ...{
        organizationId: 'org',
        user: 'daytona',
        env: {},
        public: false,
        networkBlockAll: false,
        target: 'eu',
      },
      ...{ cpu: 1, gpu: 0, memory: 1, disk: 3, toolboxProxyUrl: `${this.url}/toolbox` },
    };
  }

  /** @returns the sandbox of a request to its toolbox, or the refusal that it gets */
  #toolboxOf(url: URL): { sandbox: Emulated; path: string } | { status: number; message: string } {
    const [, id = '', path = ''] = /^\/toolbox\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) return { status: 404, message: 'Sandbox not found' };
    if (this.faults.badGateways > 0) {
      this.faults.badGateways -= 1;
      return { status: 502, message: 'bad gateway' };
    }
    if (sandbox.state !== 'started') return { status: 400, message: notStarted };
    // A request is activity; what runs is none.
    sandbox.lastActivityAt = new Date().toISOString();
    return { sandbox, path: path + url.search };
  }

  #toToolbox(incoming: IncomingMessage, answer: ServerResponse, url: URL): void {
    const found = this.#toolboxOf(url);
    if ('status' in found) return fail(answer, found.status, found.message);
    const { method, headers } = incoming;
    const { socketPath } = found.sandbox.machine;
    const onward = request({ socketPath, method, path: found.path, headers }, (response) => {
      if (response.headers['x-unknown-route']) this.unknown.push(`${method} ${found.path}`);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', () => answer.destroy()).pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  }

  #upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: number) => socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\n\r\n`);
    if (incoming.headers.authorization !== `Bearer ${this.apiKey}`) return void refuse(401);
    const found = this.#toolboxOf(new URL(incoming.url ?? '/', this.url));
    if ('status' in found) return void refuse(found.status);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const onward = connect(found.sandbox.machine.socketPath, () => {
      onward.write(`${incoming.method} ${found.path} HTTP/1.1\r\n${headerLines(incoming)}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}

class NoSandbox extends Error {}
