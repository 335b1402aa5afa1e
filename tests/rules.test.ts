import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Rules that hold for the source as a whole: each names what would have to be argued for before it may appear. */

const sources = globSync(['src/**/*.{ts,svelte}', 'scripts/*.{js,ts}', 'server.ts'])
  .filter((path) => !/\.test\.ts$|\/testing\/|\.conformance\.ts$|\/contract\.ts$/.test(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

function holding(pattern: RegExp): string[] {
  return sources
    .filter(({ text }) => pattern.test(text))
    .map(({ path }) => path)
    .sort();
}

test('programs are started by the local sandbox and by the scripts of npm, and by nothing else: no git on the host (R15, R16, R23)', () => {
  const starting = holding(/child_process/);
  assert.ok(starting.length > 0);
  // `tar` reads a folder that the configuration names; nothing in that folder has a say in what it does.
  const allowed = /^(?:src\/server\/sandbox\/local|scripts)\/|^src\/server\/workspace\/import-folder\.ts$/;
  assert.deepEqual(
    starting.filter((path) => !allowed.test(path)),
    [],
  );
  assert.deepEqual(
    holding(/shell:\s*true|\bexecSync\(|\bimport \{[^}]*\bexec\b[^}]*\} from 'node:child_process'/),
    [],
  );
});

test('tools and the API never open a file of the host (R13, R15)', () => {
  const opening = holding(/from 'node:fs(?:\/promises)?'/);
  assert.ok(opening.length > 0);
  assert.deepEqual(
    opening.filter((path) =>
      /^src\/server\/(?:agent|edit|gateway|http\/(?:api|auth)|models|stream)\//.test(path),
    ),
    [],
  );
});

test('no text becomes code, and no text becomes HTML (R5, R23)', () => {
  assert.deepEqual(holding(/\beval\(|new Function\(|from 'node:vm'/), []);
  assert.deepEqual(holding(/\{@html|\.innerHTML\s*=|insertAdjacentHTML|document\.write/), []);
});

test('no statement of the database is put together from text (R21)', () => {
  const raw = holding(/\bsql\.raw\(|\bsql\.lit\(/);
  assert.deepEqual(
    raw.filter((path) => !path.startsWith('src/server/store/migrations/')),
    [],
  );
});

interface LockedPackage {
  dev?: boolean;
  hasInstallScript?: boolean;
  /** It came within the package above it, under that one's hash. */
  inBundle?: boolean;
  integrity?: string;
  resolved?: string;
}

test('at most 150 packages run, none with an install script, each fixed by its hash and from the registry (R31)', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const all = Object.entries(packages).filter(([path]) => path !== '');
  const running = all.filter(([, { dev }]) => !dev);
  assert.ok(running.length > 0 && running.length <= 150, `${running.length} packages run`);
  const faulty = (isFaulty: (each: LockedPackage) => boolean | undefined) =>
    all.filter(([, each]) => isFaulty(each)).map(([path]) => path);
  assert.deepEqual(
    faulty(({ hasInstallScript, dev }) => hasInstallScript && !dev),
    [],
  );
  assert.deepEqual(
    faulty(({ integrity, inBundle }) => !integrity && !inBundle),
    [],
  );
  assert.deepEqual(
    faulty(({ resolved }) => resolved !== undefined && !resolved.startsWith('https://')),
    [],
  );
});
