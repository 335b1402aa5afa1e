import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const token = 'fault-test-token-fault-test-token-0123';
const root = `${import.meta.dirname}/../../..`;

/** A process as a person starts it: what it printed, and how it ended. */
export interface ServerProcess {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  /** Resolves with the exit code, or the signal's name. */
  ended: Promise<number | string>;
}

/** `node server.ts`, the part of `npm start` after the build, with no environment but this. */
export function startServer(
  env: Record<string, string>,
  cwd = root,
  args: string[] = [`${root}/server.ts`],
): ServerProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      CROSSPOINT_REFRESH_MODELS: 'off',
      CROSSPOINT_NO_INSTALL: '1',
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server: ServerProcess = {
    child,
    stdout: '',
    stderr: '',
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (server.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (server.stderr += text));
  return server;
}

/** The link of the ready line. @throws when the process ends before it */
export async function readyLink(server: ServerProcess): Promise<string> {
  for (;;) {
    const link = /^Crosspoint is ready: (\S+)$/m.exec(server.stdout)?.[1];
    if (link) return link;
    const ended = await Promise.race([
      server.ended,
      once(server.child.stdout as NodeJS.ReadableStream, 'data').then(() => null),
    ]);
    if (ended !== null) throw new Error(`The server ended with ${ended}: ${server.stderr}`);
  }
}

/** A folder for one test, gone with it. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'crosspoint-faults-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A request as a script makes it. */
export function ask(
  origin: string,
  method: string,
  path: string,
  body?: unknown,
  accept = 'application/json',
): Promise<Response> {
  return fetch(origin + path, {
    method,
    headers: { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
