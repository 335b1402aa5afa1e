import { randomBytes, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import {
  defaultEntries,
  defaultReadBytes,
  maxEntries,
  maxWriteBytes,
  readableSize,
} from '../local/limits.ts';
import type { FileEntry, SandboxFiles } from '../sandbox.ts';
import { runFramed } from './frame.ts';
import { RemoteFailure } from './machine.ts';
import type { RemoteFolders, RemoteMachine } from './machine.ts';
import { quote } from './quote.ts';
import { remotePath } from './remote-path.ts';
import { listScript, readScript, removeScript, statScript, writeScript } from './file-scripts.ts';

/** Milliseconds for one request; 100 MB over a slow line take a while. */
const deadlineMs = 120_000;

/** Runs a request on the machine, again when it failed and may be repeated. */
export type OnMachine = <Result>(
  use: (machine: RemoteMachine, attempt: number) => Promise<Result>,
) => Promise<Result>;

/** Files through scripts, so that what a link leads to is looked at where it is. */
export function remoteFiles(folders: RemoteFolders, onMachine: OnMachine): SandboxFiles {
  const { workdir } = folders;
  const relative = (path: string) => remotePath(workdir, path);
  return {
    async read(path, { maxBytes = defaultReadBytes } = {}) {
      const script = readScript(workdir, relative(path), maxBytes);
      const answer = await onMachine((machine) => ask(machine, script));
      expect(answer, path, maxBytes);
      const bytes = Buffer.from(answer.printed.toString('latin1'), 'base64');
      if (bytes.length > maxBytes) throw tooLarge(path, maxBytes);
      return bytes;
    },
    async write(path, bytes) {
      if (bytes.byteLength > maxWriteBytes) throw tooLarge(path, maxWriteBytes);
      const target = relative(path);
      const upload = `${folders.scratch}/upload-${randomBytes(12).toString('hex')}`;
      const answer = await onMachine(async (machine) => {
        await machine.upload(upload, bytes);
        return ask(machine, writeScript(workdir, target, upload));
      });
      expect(answer, path, maxWriteBytes);
    },
    async list(path, { recursive = false, maxEntries: wanted = defaultEntries } = {}) {
      const folder = relative(path);
      const limit = Math.min(Math.max(1, wanted), maxEntries);
      const answer = await onMachine((machine) =>
        ask(machine, listScript(workdir, folder, recursive, limit)),
      );
      expect(answer, path, 0);
      return entriesOf(answer.printed, folder).sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async stat(path) {
      const place = relative(path);
      const answer = await onMachine((machine) => ask(machine, statScript(workdir, place)));
      expect(answer, path, 0);
      return entriesOf(answer.printed, place)[0] ?? null;
    },
    async remove(path) {
      const place = relative(path);
      // The workspace itself stays: it is where commands run.
      if (place === '.') throw new CrosspointError('not_a_file', { path });
      const remove = async (machine: RemoteMachine, attempt: number) => {
        const answer = await ask(machine, removeScript(workdir, place));
        // The attempt before this one may have got so far that only its answer was lost.
        return attempt > 0 && answer.status === 'not_found' ? { ...answer, status: 'ok' } : answer;
      };
      expect(await onMachine(remove), path, 0);
    },
    // Nobody but the sandbox sees what happens in it, and to look costs as much as a snapshot.
    changedSince: () => Promise.resolve({ token: randomUUID(), changed: true }),
  };
}

interface Answer {
  status: string;
  printed: Buffer;
}

async function ask(machine: RemoteMachine, body: string): Promise<Answer> {
  const parts: Buffer[] = [];
  const status = await runFramed(machine, body, {
    onOutput: (stream, bytes) => {
      if (stream === 'stdout') parts.push(Buffer.from(bytes));
    },
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (/no space left|quota exceeded/i.test(status)) throw new RemoteFailure('no_space', status);
  return { status, printed: Buffer.concat(parts) };
}

function expect({ status }: Answer, path: string, limit: number): void {
  const values = { path: path.slice(0, 200) };
  switch (status) {
    case 'ok':
      return;
    case 'not_found':
      throw new CrosspointError('file_not_found', values);
    case 'not_a_file':
      throw new CrosspointError('not_a_file', values);
    case 'outside':
      throw new CrosspointError('path_outside_workspace', values);
    case 'too_large':
      throw tooLarge(path, limit);
    default:
      throw new CrosspointError('bad_request', {
        detail: `"${values.path}" cannot be used: ${status.slice(0, 300)}`,
      });
  }
}

function tooLarge(path: string, limit: number): CrosspointError {
  return new CrosspointError('file_too_large', { path: path.slice(0, 200), limit: readableSize(limit) });
}

const types: Record<string, FileEntry['type']> = { f: 'file', d: 'directory', l: 'link' };

/** Lines of `find`: type, size, seconds, and the path below `folder`, each ended by NUL. */
function entriesOf(printed: Buffer, folder: string): FileEntry[] {
  const lines = printed.toString('utf8').split('\0').slice(0, -1);
  return lines.map((line) => {
    const [type = '', size = '', seconds = '', ...path] = line.split(' ');
    return {
      path: posix.join(folder, path.join(' ')),
      type: types[type] ?? 'other',
      size: Number(size),
      modifiedMs: Math.floor(Number(seconds) * 1_000),
    };
  });
}

/** Whether a file of our own is there. @returns false when not */
export async function isFile(machine: RemoteMachine, path: string): Promise<boolean> {
  const { status } = await ask(machine, `[ ! -f ${quote(path)} ] || status=ok`);
  return status === 'ok';
}

export async function isFolder(machine: RemoteMachine, path: string): Promise<boolean> {
  const { status } = await ask(machine, `[ ! -d ${quote(path)} ] || status=ok`);
  return status === 'ok';
}

export async function ownCommand(machine: RemoteMachine, command: string): Promise<void> {
  const { status } = await ask(machine, `status=$( { ${command}; } 2>&1 ) && status=ok`);
  if (status !== 'ok') throw new CrosspointError('bad_request', { detail: status.slice(0, 300) });
}
