import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stats } from 'node:fs';
import { workspace } from './file-requests.ts';

/** What no snapshot keeps: made again from what it keeps, and often large. */
const leftOut = new Set(['node_modules', '.venv', '__pycache__']);
/** Of a repository, what never changes: a new one comes with a new reference. */
const objects = '/.git/objects';
/** More than that is not looked at: it may have changed. */
const mostEntries = 20_000;

/**
 * Every file's size, times, mode and number, as one hash. It runs without giving way: 2,000 files take about 10 ms.
 * @returns null for a tree that is too large to tell
 */
export function fingerprint(): string | null {
  const hash = createHash('sha256');
  const waiting = [workspace];
  let entries = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      if (leftOut.has(name) || path.endsWith(objects)) continue;
      if ((entries += 1) > mostEntries) return null;
      const status = statusOf(path);
      if (!status) continue;
      const { mode, size, mtimeMs, ctimeMs, ino } = status;
      if (status.isDirectory()) waiting.push(path);
      // The time of a folder changes with a file that comes and goes; what is in it is what counts.
      hash.update(
        status.isDirectory() ? `${path}\0` : `${path}\0${mode} ${size} ${mtimeMs} ${ctimeMs} ${ino}\0`,
      );
    }
  }
  return hash.digest('base64');
}

/** Sorted: the order of a folder is no change. Of one that is closed or gone, none. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function statusOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
