import { randomBytes } from 'node:crypto';
import { constants, lstatSync, statSync } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { chunkBytes } from './frames.ts';
import { failureOf } from './reply.ts';
import type { Reply } from './reply.ts';
import type { PodEntry, PodRequest, Root } from './requests.ts';

/** The file requests of the host. They run here, so that a link can lead nowhere but to what the pod sees anyway. */
export const workspace = '/workspace';
const roots = { workspace, scratch: '/home/user/.crosspoint' };
const placeOf = ({ root = 'workspace', path }: { root?: Root; path: string }) => join(roots[root], path);

type Of<Op extends PodRequest['op']> = Extract<PodRequest, { op: Op }>;

/** Never blocks on a pipe or a device: opened without waiting, and anything but a file is refused. */
export async function readFile(request: Of<'read'>, reply: Reply): Promise<void> {
  const { path, maxBytes, offset } = request;
  const handle = await open(placeOf(request), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile()) return reply.failed({ code: 'not_a_file', detail: path });
    if (offset !== undefined) return reply.done({ size: await sendSlice(handle, offset, maxBytes, reply) });
    if (status.size > maxBytes) return reply.failed({ code: 'too_large', detail: String(status.size) });
    const size = await sendBytes(handle, maxBytes, reply);
    if (size > maxBytes) return reply.failed({ code: 'too_large', detail: String(size) });
    reply.done({ size });
  } finally {
    await handle.close();
  }
}

/** @returns bytes read: fewer than `length` at the end of the file */
async function sendSlice(handle: FileHandle, offset: number, length: number, reply: Reply): Promise<number> {
  for (let size = 0; ;) {
    const wanted = Math.min(chunkBytes, length - size);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, offset + size);
    size += bytesRead;
    if (bytesRead > 0 && !reply.bytes('data', buffer.subarray(0, bytesRead))) await reply.ready();
    if (bytesRead === 0 || size === length) return size;
  }
}

/** @returns bytes read; more than `maxBytes` when the file grew meanwhile */
async function sendBytes(handle: FileHandle, maxBytes: number, reply: Reply): Promise<number> {
  for (let size = 0; ;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, size);
    size += bytesRead;
    if (bytesRead === 0 || size > maxBytes) return size;
    if (!reply.bytes('data', buffer.subarray(0, bytesRead))) await reply.ready();
  }
}

/**
 * Temporary file, then rename: a reader sees the old content or the new. A link stays a link, its target is written.
 * The bytes are on the disk before the rename, so a power cut leaves no empty file either.
 */
export async function writeFile(
  request: Of<'write'>,
  body: AsyncIterable<Buffer>,
  reply: Reply,
): Promise<void> {
  const place = placeOf(request);
  const target = await realpath(place).catch(orMissing(place));
  const existing = await stat(target).catch(orMissing(null));
  if (existing && !existing.isFile()) return reply.failed({ code: 'not_a_file', detail: request.path });
  await mkdir(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.crosspoint-${randomBytes(8).toString('hex')}`);
  try {
    const size = await writeBytes(temporary, body, existing ? existing.mode & 0o7777 : 0o644);
    await rename(temporary, target);
    reply.done({ size });
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

async function writeBytes(path: string, body: AsyncIterable<Buffer>, mode: number): Promise<number> {
  const handle = await open(path, 'wx', mode);
  try {
    let size = 0;
    for await (const chunk of body) {
      await handle.writeFile(chunk);
      size += chunk.length;
    }
    await handle.chmod(mode);
    await handle.datasync();
    return size;
  } finally {
    await handle.close();
  }
}

/** Breadth first, links not followed; one JSON line for each entry. */
export async function listFiles({ path, recursive, maxEntries }: Of<'list'>, reply: Reply): Promise<void> {
  const waiting = [path];
  let left = maxEntries;
  for (let folder = waiting.shift(); folder !== undefined && left > 0; folder = waiting.shift()) {
    const names = await readdir(join(workspace, folder)).catch(folder === path ? rethrow : orMissing([]));
    const entries: PodEntry[] = [];
    for (const name of names.sort().slice(0, left)) {
      const entry = await entryOf(posix.join(folder, name));
      if (!entry) continue;
      entries.push(entry);
      if (recursive && entry.type === 'directory') waiting.push(entry.path);
    }
    left -= entries.length;
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    if (lines && !reply.bytes('data', Buffer.from(lines))) await reply.ready();
  }
  reply.done({});
}

export async function statFile({ path }: Of<'stat'>, reply: Reply): Promise<void> {
  reply.done({ entry: await entryOf(path) });
}

/** With everything below it; a link is removed, not its target. */
export async function removeFile(request: Of<'remove'>, reply: Reply): Promise<void> {
  await rm(placeOf(request), { recursive: true });
  reply.done({});
}

/** Device and number, which no other folder has. */
export function identityOf(path: string): string {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    if (failureOf(cause).code === 'other') throw cause;
    return false;
  }
}

async function entryOf(path: string): Promise<PodEntry | null> {
  const status = await lstat(join(workspace, path)).catch(orMissing(null));
  if (!status) return null;
  const type = status.isFile()
    ? 'file'
    : status.isDirectory()
      ? 'directory'
      : status.isSymbolicLink()
        ? 'link'
        : 'other';
  return { path, type, size: status.size, modifiedMs: Math.floor(status.mtimeMs) };
}

function rethrow(cause: unknown): never {
  throw cause;
}

function orMissing<Value>(value: Value): (cause: unknown) => Value {
  return (cause) => {
    if (failureOf(cause).code !== 'not_found' && (cause as NodeJS.ErrnoException).code !== 'EACCES')
      throw cause;
    return value;
  };
}
