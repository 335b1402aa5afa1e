import { hash } from 'node:crypto';
import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileDiff } from '#protocol/review.ts';
import { countLineChanges } from '#server/edit/line-changes.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';

/** Bytes; a larger file is not edited in one piece and its diff would not be read. */
export const maxEditableBytes = 2_000_000;
const imageTypes: [string, number[]][] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

class NotText extends Error {
  constructor(path: string) {
    super(`${path} is a binary file and cannot be edited as text.`);
    this.name = 'NotText';
  }
}

/** The text of a file, or null when there is no such file. @throws {NotText} */
export async function readText(sandbox: Sandbox, path: string): Promise<string | null> {
  try {
    const bytes = await sandbox.files.read(path, { maxBytes: maxEditableBytes });
    const text = decodeText(bytes);
    if (text === null) throw new NotText(path);
    return text;
  } catch (cause) {
    if (cause instanceof CrosspointError && cause.code === 'file_not_found') return null;
    throw cause;
  }
}

/** null when the bytes are not UTF-8 text. A byte order mark stays. */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes.subarray(0, 8_192).includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}

/** By its first bytes, never by its name. */
export function imageTypeOf(bytes: Uint8Array): string | null {
  const known = imageTypes.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte));
  if (known) return known[0];
  const webp = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return webp.startsWith('RIFF') && webp.endsWith('WEBP') ? 'image/webp' : null;
}

export function fileDiff(path: string, before: string | null, after: string): FileDiff {
  const changes = countLineChanges(before ?? '', after);
  const base = before === null ? {} : { base: fileHash(before) };
  return { path, before: before ?? '', after, ...changes, isNew: before === null, ...base };
}

/** SHA-256, hex, of a file with these bytes, or this text. */
export function fileHash(content: Uint8Array | string): string {
  return hash('sha256', content, 'hex');
}

/** Of the file as it is now; null: there is none; `unknown`: it, or the sandbox, cannot be read. */
export async function currentHash(sandbox: Sandbox, path: string): Promise<string | null | 'unknown'> {
  try {
    return fileHash(await sandbox.files.read(path));
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    return cause.code === 'file_not_found' ? null : 'unknown';
  }
}

/** The one spelling of a path by which a file is known, however a model writes it. */
export function workspacePath({ workdir }: Pick<Sandbox, 'workdir'>, path: string): string {
  const normal = posix.normalize(path);
  return normal.startsWith(`${workdir}/`) ? normal.slice(workdir.length + 1) : normal;
}
