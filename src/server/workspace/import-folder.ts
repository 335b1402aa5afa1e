import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { unpackInto } from './archive.ts';

/** Bytes of a folder that is copied in: beyond it, it is bound rather than copied. */
const mostBytes = 2 * 1024 ** 3;
const maxError = 500;

/**
 * A folder of this machine that a person may use: one that `allowed` names, or one below. A link leads nowhere: the folder is
 * named by its own path.
 * @returns the path
 * @throws `folder_not_allowed`
 */
export async function allowedFolder(
  folder: string,
  allowed: readonly string[],
  variable: string,
): Promise<string> {
  const refuse = (reason: string, cause?: unknown) =>
    new CrosspointError('folder_not_allowed', { folder, reason }, { cause });
  if (allowed.length === 0) throw refuse(`name it, or one above it, in ${variable} and start again.`);
  if (!isAbsolute(folder)) throw refuse('it is no absolute path.');
  // What is not below is not even said to be there or not.
  const outside = `it is not there, or not below a folder that ${variable} names.`;
  const real = await realpath(folder).catch((cause: unknown) => {
    throw refuse(outside, cause);
  });
  const roots = await Promise.all(allowed.map((root) => realpath(root).catch(() => null)));
  if (!roots.some((root) => root !== null && isWithin(real, root))) throw refuse(outside);
  if (!(await lstat(real)).isDirectory()) throw refuse('it is no folder.');
  return real;
}

/**
 * Copies a folder of this machine into an empty workspace, with its repository. Links stay links and are never followed, and
 * what is on another file system is left out.
 * @param folder as `allowedFolder` gave it
 * @param dataDir of the app, of which nothing may get into a sandbox
 * @throws `workspace_not_empty`, `folder_not_allowed`, `bad_request` with tar's own words
 */
export async function importFolder(sandbox: Sandbox, folder: string, dataDir: string): Promise<void> {
  const refuse = (reason: string, cause?: unknown) =>
    new CrosspointError('folder_not_allowed', { folder, reason }, { cause });
  const data = await realpath(dataDir);
  if (isWithin(folder, data) || isWithin(data, folder)) throw refuse("Crosspoint's own data is there.");
  const entries = await sandbox.files.list('.', { maxEntries: 1 });
  if (entries.length > 0) throw new CrosspointError('workspace_not_empty');
  // Commands of a sandbox that is bound to a folder above may have put a link in its place since it was looked at: the folder
  // that is open now is the one that is looked at, and the one that is read.
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  await using handle = await open(folder, flags).catch((cause: unknown) => {
    throw refuse('it cannot be read, or a link took its place.', cause);
  });
  if ((await realpath(`/proc/self/fd/${handle.fd}`)) !== folder) throw refuse('a link took its place.');
  await unpackInto(sandbox, '.', packedFolder(handle.fd));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** @param descriptor of the folder, open */
async function* packedFolder(descriptor: number): AsyncGenerator<Uint8Array> {
  const options = [
    '--create',
    '--file=-',
    '--one-file-system',
    '--ignore-failed-read',
    '--warning=no-file-changed',
  ];
  const tar = spawn('tar', [...options, '--directory=/proc/self/fd/3', '--', '.'], {
    stdio: ['ignore', 'pipe', 'pipe', descriptor],
  });
  let said = '';
  tar.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-maxError)));
  const ended = new Promise<number | null>((resolve) => {
    tar.once('error', (cause) => {
      said = cause.message;
      resolve(null);
    });
    tar.once('close', resolve);
  });
  let bytes = 0;
  try {
    for await (const piece of tar.stdout as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > mostBytes)
        throw new CrosspointError('bad_request', {
          detail: 'The folder is larger than 2 GB. Bind it instead.',
        });
      yield piece;
    }
    // 1: something changed while it was read.
    const code = await ended;
    if (code !== 0 && code !== 1) throw new CrosspointError('bad_request', { detail: `tar: ${said.trim()}` });
  } finally {
    tar.kill('SIGKILL');
  }
}
