import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const knownOfPull = new Set(['title', 'head', 'base', 'body', 'draft']);

interface Pull {
  number: number;
  head: string;
  base: string;
  title: string;
  draft: boolean;
}

/**
 * GitHub's contract on loopback: repositories behind git's own `http-backend`, and the part of the REST API that we ask.
 * It refuses what GitHub refuses: no or another token, unknown fields, a branch that is not there.
 */
export class GitHubService {
  readonly token = 'ghp_test_token_of_github';
  readonly pulls: Pull[] = [];
  /** What no route is there for; a test that leaves anything here has failed. */
  readonly unknown: string[] = [];
  /** Answers of the next requests in place of the right ones. */
  readonly faults: { status: number; headers?: Record<string, string> }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'crosspoint-github-'));
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((cause: unknown) =>
        send(response, 500, { message: String(cause) }),
      );
    });
  }

  static async start(): Promise<GitHubService> {
    const service = new GitHubService();
    await once(service.#server.listen(0, '127.0.0.1'), 'listening');
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A bare repository; its branch `main` is the default one, whether it has a commit or not. */
  create(name: string): string {
    const path = join(this.#folder, `${name}.git`);
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', path]);
    execFileSync('git', ['-C', path, 'config', 'http.receivepack', 'true']);
    return path;
  }

  git(name: string, ...args: string[]): string {
    return execFileSync('git', ['-C', join(this.#folder, `${name}.git`), ...args], { encoding: 'utf8' });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const fault = this.faults.shift();
    if (fault) {
      request.resume();
      response.writeHead(fault.status, fault.headers).end();
      return;
    }
    if (url.pathname.startsWith('/repos/')) return this.#api(request, response, url);
    const [, name = '', path = ''] =
      /^\/([\w-]+\/[\w.-]+)\.git\/(info\/refs|git-receive-pack)$/.exec(url.pathname) ?? [];
    if (name === '') return this.#noRoute(request, response, url);
    const basic = Buffer.from(`x-access-token:${this.token}`).toString('base64');
    if (request.headers.authorization !== `Basic ${basic}`) return send(response, 401, {});
    await this.#backend(request, response, url, `/${name}.git/${path}`);
  }

  async #api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const body = (await buffer(request)).toString('utf8');
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return send(response, 401, { message: 'Bad credentials' });
    if (!request.headers['user-agent']) return send(response, 403, { message: 'no user agent' });
    const [, owner = '', name = '', rest = ''] =
      /^\/repos\/([\w-]+)\/([\w.-]+?)(\/pulls)?$/.exec(url.pathname) ?? [];
    const at = `${owner}/${name}`;
    if (request.method === 'GET' && rest === '' && owner !== '')
      return send(response, 200, { default_branch: 'main' });
    if (request.method === 'GET' && rest === '/pulls') {
      const open = this.pulls.filter(({ head }) => `${owner}:${head}` === url.searchParams.get('head'));
      return send(
        response,
        200,
        open.map((pull) => this.#view(at, pull)),
      );
    }
    if (request.method === 'POST' && rest === '/pulls')
      return this.#open(response, at, JSON.parse(body) as Pull);
    return this.#noRoute(request, response, url);
  }

  #open(response: ServerResponse, at: string, asked: Omit<Pull, 'number'>): void {
    const strange = Object.keys(asked).filter((key) => !knownOfPull.has(key));
    const branches = this.git(at, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n');
    const isThere = branches.includes(asked.head) && branches.includes(asked.base);
    if (strange.length > 0 || !asked.title || !isThere)
      return send(response, 422, {
        message: 'Validation Failed',
        errors: [{ message: `not valid: ${strange.join()}` }],
      });
    const pull = { ...asked, number: this.pulls.length + 1 };
    this.pulls.push(pull);
    send(response, 201, this.#view(at, pull));
  }

  #view(at: string, { number, head }: Pull): object {
    return { number, html_url: `https://github.com/${at}/pull/${number}`, head: { ref: head } };
  }

  #noRoute(request: IncomingMessage, response: ServerResponse, url: URL): void {
    this.unknown.push(`${request.method} ${url.pathname}`);
    send(response, 404, { message: 'Not Found' });
  }

  /** The CGI of git (git-http-backend(1)). */
  async #backend(request: IncomingMessage, response: ServerResponse, url: URL, path: string): Promise<void> {
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        REMOTE_USER: 'test',
        REQUEST_METHOD: request.method,
        PATH_INFO: path,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
      },
    });
    request.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    const output = await buffer(child.stdout);
    const end = output.indexOf('\r\n\r\n');
    const headers = output
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(': '));
    const status = headers.find(([name]) => name === 'Status')?.[1];
    for (const [name = '', value = ''] of headers) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(status ? Number.parseInt(status, 10) : 200).end(output.subarray(end + 4));
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
