import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** About 280 documented functions among 1,000 chunks, 200,000 tokens: less than a cent with OpenAI's small model. */
const usualBytes = 600_000;

export interface SourceFile {
  path: string;
  text: string;
}

/**
 * A sample of this program's own source, the same in each run: code that is there wherever this runs, that is documented
 * function by function, and that is nobody's secret.
 */
export function ownSource(bytes = usualBytes): SourceFile[] {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const all = globSync('src/{server,protocol}/**/*.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/\.test\.ts$|\/testing\/|contract/.test(path));
  const sample: SourceFile[] = [];
  let taken = 0;
  for (const path of all.toSorted((one, other) => compare(order(one), order(other)))) {
    if (taken >= bytes) break;
    const text = readFileSync(root + path, 'utf8');
    sample.push({ path, text });
    taken += text.length;
  }
  return sample;
}

/** As good as chance, and the same everywhere: neighbours in a folder are about the same things. */
function order(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}
