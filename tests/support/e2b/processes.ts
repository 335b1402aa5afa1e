import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { resizeTerminal, terminal } from '../machine/terminal.ts';
import { RpcError, frame } from './connect-rpc.ts';

interface StartRequest {
  process: { cmd: string; args: string[]; envs?: Record<string, string>; cwd?: string };
  pty?: { size: { cols: number; rows: number } };
  stdin?: boolean;
}

interface OfProcess {
  process: { pid: number };
}

/** The processes of one sandbox. As with the real daemon, one goes on when nobody listens to it any more. */
export class Processes {
  readonly #home: string;
  readonly #running = new Map<number, ChildProcess>();

  constructor(home: string) {
    this.#home = home;
  }

  /** @param limitMs the client's own deadline, after which that one process is killed; 0: none */
  start(request: StartRequest, limitMs: number, answer: ServerResponse): void {
    const { process: wanted, pty } = request;
    const cwd = resolve(this.#home, wanted.cwd ?? '.');
    if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
      throw new RpcError('invalid_argument', `cwd '${cwd}' does not exist`);
    const command = [wanted.cmd, ...wanted.args];
    const [program = '', ...args] = pty ? terminal(command, pty.size) : command;
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...wanted.envs },
      detached: true,
      stdio: [pty || request.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', (cause) => answer.destroy(cause));
    const { pid } = child;
    if (pid === undefined) return;
    this.#running.set(pid, child);
    const clock = limitMs > 0 ? setTimeout(() => child.kill('SIGKILL'), limitMs) : undefined;
    answer.writeHead(200, { 'content-type': 'application/connect+json' });
    answer.write(frame({ event: { start: { pid } } }));
    forward(child, answer, pty !== undefined);
    child.on('close', (code, signal) => {
      clearTimeout(clock);
      this.#running.delete(pid);
      answer.write(frame({ event: { end: ending(code, signal) } }));
      answer.end(frame({}, true));
    });
  }

  input({ process: { pid }, input }: OfProcess & { input: { pty?: string; stdin?: string } }): object {
    this.#get(pid).stdin?.write(Buffer.from(input.pty ?? input.stdin ?? '', 'base64'));
    return {};
  }

  signal({ process: { pid }, signal }: OfProcess & { signal: string }): object {
    this.#get(pid).kill(signal === 'SIGNAL_SIGKILL' ? 'SIGKILL' : 'SIGTERM');
    return {};
  }

  update({ process: { pid }, pty }: OfProcess & { pty: { size: { cols: number; rows: number } } }): object {
    this.#get(pid);
    resizeTerminal(pid, pty.size);
    return {};
  }

  #get(pid: number): ChildProcess {
    const child = this.#running.get(pid);
    if (!child) throw new RpcError('not_found', `process with pid ${pid} not found`);
    return child;
  }
}

function forward(child: ChildProcess, answer: ServerResponse, isTerminal: boolean): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    stream?.on('data', (bytes: Buffer) => {
      const data = { [isTerminal ? 'pty' : name]: bytes.toString('base64') };
      if (answer.destroyed || answer.write(frame({ event: { data } }))) return;
      stream.pause();
      const on = () => {
        answer.off('drain', on).off('close', on);
        stream.resume();
      };
      answer.on('drain', on).on('close', on);
    });
  }
}

function ending(code: number | null, signal: string | null): object {
  if (signal !== null)
    return { exitCode: -1, exited: false, status: `signal: ${signal}`, error: `signal: ${signal}` };
  const status = `exit status ${code}`;
  return { exitCode: code, exited: true, status, ...(code === 0 ? {} : { error: status }) };
}
