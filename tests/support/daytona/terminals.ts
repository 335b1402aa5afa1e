import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WebSocket } from 'ws';
import { resizeTerminal, terminal } from '../machine/terminal.ts';
import { DaemonError } from './daemon-error.ts';

const envsPrefix = 'X-Daytona-Pty-Envs~';
const mostWaiting = 256 * 1024;

/** Terminals of one sandbox: made and read over one WebSocket, which the shell outlives. */
export class Terminals {
  readonly #home: string;
  readonly #running = new Map<string, ChildProcess>();

  constructor(home: string) {
    this.#home = home;
  }

  open(page: WebSocket, query: URLSearchParams, protocols: string): void {
    const [id, cols, rows] = [query.get('id') ?? '', Number(query.get('cols')), Number(query.get('rows'))];
    const cwd = resolve(this.#home, query.get('cwd') ?? '.');
    if (id === '' || this.#running.has(id) || !(cols > 0) || !(rows > 0))
      throw new DaemonError(400, 'not a terminal');
    if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
      throw new DaemonError(400, `no folder ${cwd}`);
    const [program = '', ...args] = terminal(['bash', '-i'], { cols, rows });
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...envsOf(protocols) },
      detached: true,
    });
    this.#running.set(id, child);
    page.send(JSON.stringify({ type: 'control', status: 'connected' }));
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (bytes: Buffer) => {
      page.send(bytes, () => page.bufferedAmount < mostWaiting && child.stdout.resume());
      if (page.bufferedAmount > mostWaiting) child.stdout.pause();
    });
    page.on('message', (bytes: Buffer) => child.stdin.write(bytes));
    child.on('close', (code) => {
      this.#running.delete(id);
      page.send(JSON.stringify({ type: 'control', status: 'exited', exitCode: code ?? -1 }));
      page.close(1000);
    });
  }

  resize(id: string, { cols, rows }: { cols: number; rows: number }): object {
    const { pid } = this.#get(id);
    if (pid !== undefined) resizeTerminal(pid, { cols, rows });
    return { id, cols, rows };
  }

  remove(id: string): object {
    this.#get(id).kill('SIGKILL');
    return { message: 'deleted' };
  }

  #get(id: string): ChildProcess {
    const child = this.#running.get(id);
    if (!child) throw new DaemonError(404, 'PTY session not found');
    return child;
  }
}

/** They come as a subprotocol: base64url of a JSON object. */
function envsOf(protocols: string): Record<string, string> {
  const found = protocols
    .split(',')
    .map((each) => each.trim())
    .find((each) => each.startsWith(envsPrefix));
  if (!found) return {};
  return JSON.parse(Buffer.from(found.slice(envsPrefix.length), 'base64url').toString('utf8')) as Record<
    string,
    string
  >;
}
