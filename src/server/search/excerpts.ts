import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { readFile, type ReadFile } from './indexer/read-files.ts';
import type { Candidate, ChunkPlace } from './types.ts';

/** Lines of a hit that are shown; the rest can be read. */
const shownLines = 12;

export interface CodeHit extends ChunkPlace {
  /** The first of its lines, as they are in the file now. */
  lines: string[];
}

export interface Excerpts {
  hits: CodeHit[];
  /** Files that are others than those that the index was made of: nothing of them is among the hits. */
  changed: ReadFile[];
  /** Paths that are not there any more. */
  gone: string[];
}

/** The code of what was found, from the files as they are now. */
export async function excerptsOf(sandbox: Sandbox, found: readonly Candidate[]): Promise<Excerpts> {
  const paths = [...new Set(found.map(({ path }) => path))];
  const read = await Promise.all(paths.map((path) => readFile(sandbox, path)));
  const files = new Map(read.filter((file) => file !== null).map((file) => [file.path, file]));
  const hits: CodeHit[] = [];
  const changed = new Map<string, ReadFile>();
  for (const { hash, path, language, kind, symbol, parent, startLine, endLine } of found) {
    const file = files.get(path);
    if (!file) continue;
    if (file.hash !== hash) {
      changed.set(path, file);
      continue;
    }
    const last = Math.min(endLine, startLine + shownLines - 1);
    const lines = (file.text ?? '').split(/\r\n|\n|\r/).slice(startLine - 1, last);
    hits.push({ path, language, kind, symbol, parent, startLine, endLine, lines });
  }
  return { hits, changed: [...changed.values()], gone: paths.filter((path) => !files.has(path)) };
}
