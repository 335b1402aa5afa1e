import { lstat, open, readdir } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { constants } from 'node:fs';
import { CrosspointError } from '#protocol/errors.ts';
import type { FileEntry } from '#server/sandbox/sandbox.ts';
import { ownSkillFolder, type SkillFiles } from './agent/skills/read-skills.ts';

/**
 * The skills of the person, in the data directory, where no model and no project writes; the agent is handed them, and opens
 * no file of the host itself (R13). Nothing else of that directory is
 * reached: paths are below `skills`, and links are not followed, as a folder that was copied there may hold some.
 */
export function ownSkillFiles(dataDir: string): SkillFiles {
  const placeOf = (path: string) => {
    const clean = posix.normalize(path);
    if (clean !== ownSkillFolder && !clean.startsWith(`${ownSkillFolder}/`))
      throw new CrosspointError('file_not_found', { path });
    return join(dataDir, clean);
  };
  const stat = async (path: string) => entryOrNull(placeOf(path), path);
  return {
    stat,
    async list(path, { recursive = false, maxEntries = 1_000 } = {}) {
      const found = await readdir(placeOf(path), { recursive, withFileTypes: true });
      const paths = found.map((each) => relative(dataDir, join(each.parentPath, each.name))).sort();
      const entries = await Promise.all(paths.slice(0, maxEntries).map(stat));
      return entries.filter((entry) => entry !== null);
    },
    read: async (path, { maxBytes = 1_000_000 } = {}) => read(placeOf(path), path, maxBytes),
  };
}

async function entryOrNull(place: string, path: string): Promise<FileEntry | null> {
  try {
    const facts = await lstat(place);
    const type = facts.isFile()
      ? 'file'
      : facts.isDirectory()
        ? 'directory'
        : facts.isSymbolicLink()
          ? 'link'
          : 'other';
    return { path, type, size: facts.size, modifiedMs: facts.mtimeMs };
  } catch (cause) {
    if (isAway(cause)) return null;
    throw cause;
  }
}

async function read(place: string, path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
    if ((await file.stat()).size > maxBytes) throw new CrosspointError('file_too_large', { path });
    return await file.readFile();
  } catch (cause) {
    if (isAway(cause)) throw new CrosspointError('file_not_found', { path });
    throw cause;
  }
}

function isAway(cause: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes((cause as NodeJS.ErrnoException).code ?? '');
}
