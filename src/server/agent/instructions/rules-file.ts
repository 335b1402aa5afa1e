import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { decodeText, fileHash } from '../tools/text-file.ts';

/** A file in which a project says how it wants to be worked on. */
export interface RulesFile {
  path: string;
  /** Capped. Nobody closes the section that it is shown in from inside it. */
  text: string;
  /** SHA-256, hex, of all of its bytes. */
  hash: string;
}

/** Bytes; what is larger is no text that somebody wrote for an agent. */
const maxBytes = 1_000_000;

/** null: there is no such file, or it is a link, binary or empty. The sandbox alone opens it. */
export async function readRulesFile(
  files: Sandbox['files'],
  path: string,
  maxCharacters: number,
): Promise<RulesFile | null> {
  const stat = await files.stat(path);
  if (stat?.type !== 'file' || stat.size > maxBytes) return null;
  const bytes = await readOrNull(files, path);
  const text = bytes && (decodeText(bytes)?.trim() ?? '');
  if (!bytes || !text) return null;
  return { path, text: shownRules(path, text, maxCharacters), hash: fileHash(bytes) };
}

/** It may go away, or grow, between two looks. */
async function readOrNull(files: Sandbox['files'], path: string): Promise<Uint8Array | null> {
  try {
    return await files.read(path, { maxBytes });
  } catch (cause) {
    if (
      cause instanceof CrosspointError &&
      ['file_not_found', 'file_too_large', 'not_a_file'].includes(cause.code)
    )
      return null;
    throw cause;
  }
}

/** A text of a rules file as a model gets it. */
export function shownRules(path: string, text: string, maxCharacters: number): string {
  const shown =
    text.length > maxCharacters
      ? `${text.slice(0, maxCharacters).toWellFormed()}\n[cut; the rest is in ${path}]`
      : text;
  return shown.replaceAll(/<\/?\s*project_instructions[^>]*>/gi, '');
}

/** Whether a folder is one, all the way down from the workspace: what a link leads to is not of this project. */
export async function isOwnFolder(files: Pick<Sandbox['files'], 'stat'>, folder: string): Promise<boolean> {
  const names = posix.normalize(folder).split('/');
  for (let depth = 1; depth <= names.length; depth += 1) {
    const stat = await files.stat(names.slice(0, depth).join('/'));
    if (stat?.type !== 'directory') return false;
  }
  return true;
}
