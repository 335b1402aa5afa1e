import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const token = 'benchmark-token-benchmark-token-0123';
const startTimeoutMs = 60_000;

/** Crosspoint as a person runs it: the real process, a data directory of its own, no key but a mock's. */
export interface RunningCrosspoint {
  origin: string;
  dataDir: string;
  /** The one-time link that it printed. */
  link: string;
  /** Milliseconds from the start of the process to its ready line. */
  readyMs: number;
  pid: number;
  /** Authentication for requests of one's own. */
  headers: Record<string, string>;
  api(method: string, path: string, body?: unknown, accept?: string): Promise<Response>;
  stop(): Promise<void>;
}

export async function startCrosspoint(
  env: Record<string, string>,
  dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-bench-')),
): Promise<RunningCrosspoint> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['server.ts'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...clean, CROSSPOINT_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const link = await readyLink(child);
  const readyMs = performance.now() - startedAt;
  const { origin } = new URL(link);
  return {
    origin,
    dataDir,
    link,
    readyMs,
    pid: child.pid as number,
    headers,
    api: (method, path, body, accept = 'application/json') =>
      fetch(origin + path, {
        method,
        headers: {
          accept,
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async stop() {
      const closed = child.exitCode === null ? once(child, 'exit') : null;
      child.kill('SIGTERM');
      await closed;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const headers = { authorization: `Bearer ${token}` };

const clean = {
  PORT: '0',
  CROSSPOINT_API_TOKEN: token,
  CROSSPOINT_NO_INSTALL: '1',
  CROSSPOINT_REFRESH_MODELS: 'off',
  LOG_LEVEL: 'error',
};

/** The environment of a provider that is the mock. */
export function mockProvider(origin: string): Record<string, string> {
  const provider = {
    id: 'mock',
    label: 'Mock',
    baseUrl: `${origin}/v1`,
    wire: 'openai-chat',
    models: ['instant'],
  };
  return {
    CUSTOM_PROVIDERS: JSON.stringify([provider]),
    DEFAULT_MODEL_PROVIDER: 'mock',
    DEFAULT_MODEL: 'instant',
  };
}

async function readyLink(child: ChildProcess): Promise<string> {
  let output = '';
  const timer = setTimeout(() => child.kill(), startTimeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        const link = /Crosspoint is ready: (\S+)/.exec(output)?.[1];
        if (link) resolve(link);
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', () => reject(new Error(`Crosspoint did not start:\n${output}`)));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Kilobytes of memory of a process and of the processes that it started. */
export function residentKilobytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + statusField(each, 'VmRSS'), 0);
}

function processTree(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => statusField(each, 'PPid') === pid);
  return [pid, ...children.flatMap(processTree)];
}

/** 0 for a process that ended meanwhile. */
function statusField(pid: number, name: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  } catch (cause) {
    if (
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ||
      (cause as NodeJS.ErrnoException).code === 'ESRCH'
    )
      return 0;
    throw cause;
  }
}

/** Bytes of the files of a folder, not of its subfolders. */
export function folderBytes(folder: string): number {
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name)))
    .filter((entry) => entry.isFile())
    .reduce((sum, { size }) => sum + size, 0);
}
