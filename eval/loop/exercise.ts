import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A small project with a fault: `exercises/<name>/before`, the files that are another when it is mended in `after`, and what
 * is asked in `exercise.json`. To add one, add a folder.
 */
export interface Exercise {
  name: string;
  /** What the person says. */
  task: string;
  /** What the oracle looks for by meaning, in words that need not stand in the code. */
  query: string;
  /** Fails before, and succeeds after. */
  check: string;
  /** A program that the check needs and that not every machine has. */
  needs: string | null;
  before: ReadonlyMap<string, string>;
  after: ReadonlyMap<string, string>;
}

const root = new URL('exercises/', import.meta.url).pathname;

interface Description {
  task: string;
  query: string;
  check: string;
  needs?: string;
  /** Files with CRLF line ends, which a checkout would not keep. */
  crlf?: string[];
}

/** All of them, by name. */
export function readExercises(): Exercise[] {
  return globSync('*/exercise.json', { cwd: root })
    .sort()
    .map((path) => {
      const name = path.split('/', 1)[0] as string;
      const { crlf = [], needs, ...said } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Description;
      const files = (side: string) => filesOf(join(root, name, side), crlf);
      return { name, ...said, needs: needs ?? null, before: files('before'), after: files('after') };
    });
}

function filesOf(folder: string, crlf: readonly string[]): Map<string, string> {
  const paths = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  return new Map(
    paths.map((path) => {
      const text = readFileSync(join(folder, path), 'utf8');
      return [path, crlf.includes(path) ? text.replaceAll('\n', '\r\n') : text];
    }),
  );
}
