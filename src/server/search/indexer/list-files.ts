import { posix } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { isIndexable, maxFileBytes, maxFiles, maxTotalBytes, skippedFolders } from './indexable.ts';

/** A file of the workspace as it was when it was listed. */
export interface ListedFile {
  path: string;
  size: number;
  /** Size and times: another one where the content may be another. */
  version: string;
}

export interface Listing {
  /** By path. */
  files: Map<string, ListedFile>;
  /** Why not all files are in it, a sentence each. */
  partial: string[];
}

const timeoutMs = 60_000;
/** Files that are asked for; those that are not worth indexing are among them. */
const mostListed = 100_000;
const maxOutputBytes = 24_000_000;

/**
 * The files of a workspace without those that it ignores. One command inside the sandbox: ripgrep, which reads ignore files
 * and runs nothing; git where there is no ripgrep, without what a repository can make it run; else all but the usual folders.
 * Links are not followed.
 */
export async function listWorkspace(sandbox: Sandbox, signal: AbortSignal): Promise<Listing> {
  const result = await sandbox.exec(command, { timeoutMs, signal, maxOutputBytes });
  signal.throwIfAborted();
  if (result.lost) throw new CrosspointError('sandbox_gone');
  const partial: string[] = [];
  if (result.timedOut) partial.push('Listing the files took too long.');
  // What was cut is in the middle: an entry that is not whole does not parse, and the others stand.
  const entries = result.stdout.split('\0').flatMap((entry) => parseEntry(entry) ?? []);
  if (result.truncatedBytes > 0 || entries.length >= mostListed)
    partial.push(`There are more than ${entries.length} files.`);
  return withinBounds(entries, partial);
}

/** `%f` is the raw mode in hexadecimal: 8… is a regular file, in every language of the system. */
const entryForm = '%f %s %.9Y %.9Z %n\\0';
const pruned = skippedFolders.map((name) => `-name ${name}`).join(' -o ');
const ripgrep = `rg --no-config --files --null --no-require-git --no-messages --max-filesize ${maxFileBytes} .`;
const git = `git -c core.fsmonitor=false -c core.untrackedCache=false -c core.hooksPath=/dev/null ls-files -z --cached --others --exclude-standard`;
const find = `find . -mindepth 1 \\( -type d \\( -name '.*' -o ${pruned} \\) -prune \\) -o -type f -not -name '.*' -print0`;
const command = `export LC_ALL=C; { if command -v rg >/dev/null 2>&1; then ${ripgrep}; elif [ -e .git ] && command -v git >/dev/null 2>&1; then ${git}; else ${find}; fi; } 2>/dev/null | head -z -n ${mostListed} | xargs -0 -r stat --printf '${entryForm}' -- 2>/dev/null; true`;

function parseEntry(text: string): ListedFile | null {
  const [, mode, size, modified, changed, name] =
    /^([0-9a-f]+) (\d+) ([\d.]+) ([\d.]+) (.+)$/s.exec(text) ?? [];
  if (mode?.length !== 4 || !mode.startsWith('8') || name === undefined) return null;
  const path = posix.normalize(name);
  if (path.startsWith('../') || posix.isAbsolute(path)) return null;
  return { path, size: Number(size), version: `${size} ${modified} ${changed}` };
}

/** In the order of their paths, so that what is left out is the same each time. */
function withinBounds(entries: ListedFile[], partial: string[]): Listing {
  const files = new Map<string, ListedFile>();
  let bytes = 0;
  let left = 0;
  for (const file of entries.sort((one, other) => (one.path < other.path ? -1 : 1))) {
    if (!isIndexable(file.path, file.size)) continue;
    const fits = files.size < maxFiles && bytes + file.size <= maxTotalBytes;
    if (!fits) left += 1;
    else {
      files.set(file.path, file);
      bytes += file.size;
    }
  }
  if (left) partial.push(`${left} files are beyond what is indexed of one workspace.`);
  return { files, partial };
}
