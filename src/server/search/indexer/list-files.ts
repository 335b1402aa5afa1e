import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import type { ExecResult, Sandbox } from '#server/sandbox/sandbox.ts';
import { IgnoreRules, type IgnoreFile } from './ignore-rules.ts';
import { isIndexable, maxFiles, maxTotalBytes, skippedFolders } from './indexable.ts';

/** A file of the workspace as it was when it was listed. */
export interface ListedFile {
  path: string;
  /** Bytes. */
  size: number;
  /** Another one where the content may be another; null: written just now, and maybe again within the same tick. */
  version: string | null;
}

export interface Listing {
  /** By path. */
  files: Map<string, ListedFile>;
  /** Why not all files are in it, a sentence each. */
  partial: string[];
  /** Whether what is not in `files` is not in the workspace, or not to be searched. */
  isWhole: boolean;
}

const timeoutMs = 60_000;
/** Files that are listed before the rules are looked at. */
const mostListed = 100_000;
const mostIgnoreFiles = 200;
/** Bytes: so many names of usual length. */
const maxOutputBytes = 32 * 1_048_576;
/** Seconds within which two writes may leave the same time: the kernel's clock ticks, and some disks count seconds. */
const tickSeconds = 2;
/** Files whose rules are looked at before others get their turn. */
const slice = 500;

const script = readFileSync(join(import.meta.dirname, 'scripts', 'list.sh'), 'utf8');

/**
 * The files of a workspace without those that it ignores, by one command inside the sandbox. Nothing of the workspace is run for
 * it, no git either, and links are not followed; ignore files come out as data (`ignore-rules.ts`).
 * @throws CrosspointError `sandbox_unreachable`, `not_indexed`
 */
export async function listWorkspace(
  sandbox: Pick<Sandbox, 'exec' | 'workdir' | 'scratch'>,
  signal: AbortSignal,
): Promise<Listing> {
  const result = await sandbox.exec(script, {
    env: {
      WORKTREE: sandbox.workdir,
      SCRATCH: sandbox.scratch.folder,
      PRUNED: skippedFolders.join(' '),
      LIMIT: String(mostListed),
      IGNORE_FILES: String(mostIgnoreFiles),
    },
    timeoutMs,
    maxOutputBytes,
    signal,
  });
  signal.throwIfAborted();
  if (result.exitCode !== 0 || result.truncatedBytes > 0) throw failureOf(result);
  const { files, ignoreFiles } = readFields(result.stdout.split('\0'));
  const rules = new IgnoreRules(ignoreFiles);
  const wanted: ListedFile[] = [];
  for (const [index, file] of files.entries()) {
    if (index % slice === slice - 1) await setImmediate(undefined, { signal });
    if (isIndexable(file.path, file.size) && !rules.ignores(file.path)) wanted.push(file);
  }
  return withinBounds(wanted, files.length >= mostListed);
}

function failureOf(result: ExecResult): CrosspointError {
  const said = result.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const cause = new Error(`exit ${result.exitCode}, signal ${result.signal}: ${said}`);
  if (result.lost) return new CrosspointError('sandbox_unreachable', {}, { cause });
  const isTooLarge = result.timedOut || result.truncatedBytes > 0;
  const reason = isTooLarge ? 'there are too many files.' : `${said || 'the files cannot be listed'}.`;
  return new CrosspointError('not_indexed', { reason }, { cause });
}

/** What scripts/list.sh prints. */
function readFields(fields: readonly string[]): { files: ListedFile[]; ignoreFiles: IgnoreFile[] } {
  const files: ListedFile[] = [];
  const ignoreFiles: IgnoreFile[] = [];
  let now = 0;
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    if (field.startsWith('now ')) now = Number(field.slice(4));
    if (field.startsWith('rules ')) ignoreFiles.push({ path: field.slice(6), text: fields[(at += 1)] ?? '' });
    const file = /^file (\d+) ([\d.]+) (\d+) ([^]+)$/.exec(field);
    if (!file) continue;
    const [, size = '', changed = '', inode = '', path = ''] = file;
    const isFresh = Number(changed) > now - tickSeconds;
    files.push({ path, size: Number(size), version: isFresh ? null : `${size} ${changed} ${inode}` });
  }
  return { files, ignoreFiles };
}

/** The shallow ones first: what is deep inside is more often an example, or somebody else's. The same each time. */
function withinBounds(wanted: readonly ListedFile[], isCut: boolean): Listing {
  const sorted = wanted
    .map((file) => ({ file, depth: file.path.split('/').length }))
    .sort((one, other) => one.depth - other.depth || (one.file.path < other.file.path ? -1 : 1));
  const files = new Map<string, ListedFile>();
  let bytes = 0;
  for (const { file } of sorted) {
    bytes += file.size;
    if (files.size >= maxFiles || bytes > maxTotalBytes) break;
    files.set(file.path, file);
  }
  const beyond = wanted.length - files.size;
  const partial: string[] = [];
  if (isCut) partial.push(`The workspace has more than ${mostListed} files: not all of them were looked at.`);
  if (beyond > 0) partial.push(`${beyond} files are beyond what is indexed of one workspace.`);
  return { files, partial, isWhole: !isCut };
}
