import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Packages are fetched once, by npm, and stay here: what is measured is the same in each run. */
const cache = new URL('../.cache/', import.meta.url).pathname;

/** The folder of what a package ships, of exactly this version; null where npm cannot get it, such as without a network. */
export function unpacked(name: string, version: string): string | null {
  const folder = join(cache, `${name.replaceAll(/[@/]/g, '_')}-${version}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    // Nothing of it runs: it is packed, unpacked and read.
    execFileSync(
      'npm',
      ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', '--pack-destination', work],
      {
        stdio: ['ignore', 'ignore', 'ignore'],
      },
    );
    const [archive] = readdirSync(work);
    if (!archive) return null;
    execFileSync('tar', ['-xzf', join(work, archive), '-C', work]);
    rmSync(join(work, archive));
    renameSync(work, folder);
    return folder;
  } catch (cause) {
    if (cause instanceof Error && 'status' in cause) return null;
    throw cause;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
