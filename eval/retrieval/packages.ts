import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Packages are fetched once, by npm, and stay here: what is measured is the same in each run. */
const cache = new URL('../.cache/', import.meta.url).pathname;

/** The folder of what a package ships, of exactly this version; null where npm cannot get it, such as without a network. */
export function unpacked(name: string, version: string): string | null {
  const options = ['--ignore-scripts', '--silent', '--pack-destination', '.'];
  return kept(`${name.replaceAll(/[@/]/g, '_')}-${version}`, {
    fetch: ['npm', 'pack', `${name}@${version}`, ...options],
    extract: (archive) => ['tar', '-xzf', archive],
  });
}

/** The folder of what a package of Debian installs, in today's version; null where apt-get cannot get it. */
export function unpackedFromDebian(name: string): string | null {
  return kept(`debian-${name}`, {
    fetch: ['apt-get', 'download', name],
    extract: (archive) => ['dpkg-deb', '-x', archive, '.'],
  });
}

interface Commands {
  /** Leaves one file in its folder. */
  fetch: string[];
  extract: (archive: string) => string[];
}

function kept(name: string, { fetch, extract }: Commands): string | null {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  const run = ([program = '', ...options]: string[]) =>
    execFileSync(program, options, { cwd: work, stdio: 'ignore' });
  mkdirSync(work, { recursive: true });
  try {
    // Nothing of it runs: it is fetched, unpacked and read.
    run(fetch);
    const [archive] = readdirSync(work);
    if (!archive) return null;
    run(extract(archive));
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
