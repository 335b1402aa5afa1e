import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { CrosspointError } from '#protocol/errors.ts';
import type {
  ExecOptions,
  ExecResult,
  FileEntry,
  Sandbox,
  SandboxFiles,
  SandboxProvider,
  SandboxScratch,
  SandboxState,
} from '#server/sandbox/sandbox.ts';

/** For tests only: a folder and bash, without any isolation. */
export class DirectorySandboxes implements SandboxProvider {
  readonly name = 'local';
  readonly root: string;
  readonly #opened = new Map<string, Sandbox>();

  constructor(root: string) {
    this.root = root;
  }

  selfTest() {
    return Promise.resolve({ ok: true as const, detail: 'a folder without isolation' });
  }

  async open(sandboxId: string): Promise<Sandbox> {
    const known = this.#opened.get(sandboxId);
    if (known) return known;
    const workdir = join(this.root, sandboxId);
    await mkdir(workdir, { recursive: true });
    const sandbox = directorySandbox(sandboxId, workdir);
    this.#opened.set(sandboxId, sandbox);
    return sandbox;
  }

  async state(sandboxId: string): Promise<SandboxState> {
    return (await stat(join(this.root, sandboxId)).catch(() => null)) ? 'alive' : 'gone';
  }

  async remove(sandboxId: string): Promise<void> {
    this.#opened.delete(sandboxId);
    await rm(join(this.root, sandboxId), { recursive: true, force: true });
  }

  async list() {
    const names = await readdir(this.root).catch(() => []);
    return names.map((id) => ({ id, ref: id, lastUsedAt: null }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function directorySandbox(id: string, workdir: string): Sandbox {
  return {
    id,
    ref: id,
    provider: 'local',
    durability: 'host',
    workdir,
    exec: (command, options) => run(command, workdir, options),
    files: files(workdir),
    scratch: scratch(`${workdir}.scratch`),
    pty: () =>
      Promise.reject(new CrosspointError('unsupported_by_sandbox', { what: 'A terminal', remedy: '' })),
    port: (port) => Promise.resolve({ kind: 'socket', connect: () => Promise.resolve(connect(port)) }),
    keepAlive: () => Promise.resolve(),
    state: () => Promise.resolve('alive'),
    stop: () => Promise.resolve(),
    destroy: () => rm(workdir, { recursive: true, force: true }),
  };
}

function run(command: string, workdir: string, options: ExecOptions = {}): Promise<ExecResult> {
  const startedAt = performance.now();
  // As in the pod: `node` is the one that runs Crosspoint, whatever the machine has.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const cwd = join(workdir, options.cwd ?? '.');
  const child = spawn('bash', ['-c', command], { cwd, env, detached: true });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      options.onOutput?.(stream, text);
    });
  child.stdin.on('error', () => undefined).end(options.stdin ?? '');
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(kill, options.timeoutMs ?? 120_000);
  options.signal?.addEventListener('abort', kill);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      resolve({
        exitCode,
        signal,
        ...output,
        truncatedBytes: 0,
        timedOut: signal !== null && options.signal?.aborted !== true,
        cancelled: options.signal?.aborted === true,
        lost: false,
        durationMs: performance.now() - startedAt,
      });
    });
  });
}

function scratch(folder: string): SandboxScratch {
  return {
    folder,
    async *read(name) {
      yield await readFile(join(folder, name));
    },
    async write(name, bytes) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, name), bytes instanceof Uint8Array ? bytes : Readable.from(bytes));
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  };
}

function files(workdir: string): SandboxFiles {
  const inside = (path: string) => {
    const absolute = join(workdir, path);
    if (relative(workdir, absolute).startsWith('..'))
      throw new CrosspointError('path_outside_workspace', { path });
    return absolute;
  };
  const missing = (path: string, cause: unknown): never => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new CrosspointError('file_not_found', { path });
    if (code === 'EISDIR') throw new CrosspointError('not_a_file', { path });
    throw cause;
  };
  const statOf = async (path: string): Promise<FileEntry | null> => {
    const entry = await stat(inside(path)).catch(() => null);
    if (!entry) return null;
    const type = entry.isDirectory() ? 'directory' : 'file';
    return { path, type, size: entry.size, modifiedMs: entry.mtimeMs };
  };
  return {
    read: (path) => readFile(inside(path)).catch((cause: unknown) => missing(path, cause)),
    async write(path, bytes) {
      await mkdir(dirname(inside(path)), { recursive: true });
      await writeFile(`${inside(path)}.new`, bytes);
      await rename(`${inside(path)}.new`, inside(path));
    },
    async list(path, options = {}) {
      const names = await readdir(inside(path), { recursive: options.recursive ?? false }).catch(
        (cause: unknown) => missing(path, cause),
      );
      const entries = await Promise.all(names.map((name) => statOf(join(path, name))));
      return entries.filter((entry) => entry !== null);
    },
    stat: statOf,
    remove: (path) => rm(inside(path), { recursive: true }),
    changedSince: () => Promise.resolve({ token: '', changed: true }),
  };
}
