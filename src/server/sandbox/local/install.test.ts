import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installBubblewrap, installCommand } from './install.ts';
import type { InstallOutcome, InstallRequest } from './install.ts';

interface Machine extends AsyncDisposable {
  folder: string;
  run: (request?: Partial<InstallRequest>) => Promise<InstallOutcome>;
  /** What the programs were called with, in order. */
  calls: () => Promise<string[]>;
  announced: string[];
}

/** A folder with programs of its own, each a shell script that notes its arguments first. */
async function machineWith(programs: Record<string, string>): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'crosspoint-install-'));
  const announced: string[] = [];
  for (const [name, script] of Object.entries(programs)) {
    const text = `#!/bin/sh\necho "${name} $*" >>${folder}/calls\n${script.replaceAll('HERE', folder)}\n`;
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  return {
    folder,
    announced,
    run: (request) =>
      installBubblewrap({
        allowed: true,
        ask: null,
        announce: (line) => announced.push(line),
        uid: 0,
        folders: [folder],
        ...request,
      }),
    calls: async () =>
      (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

const installs = 'printf "" >HERE/bwrap; chmod 755 HERE/bwrap';
const bwrapOnly = { bwrap: 'exit 0' };

test('what is there is not installed again', async () => {
  await using machine = await machineWith({ ...bwrapOnly, 'apt-get': 'exit 1' });
  assert.deepEqual(await machine.run(), { state: 'present', path: join(machine.folder, 'bwrap') });
  assert.deepEqual([await machine.calls(), machine.announced], [[], []]);
});

test('root installs with one line that names the command', async () => {
  for (const [manager, line] of [
    ['apt-get', 'apt-get install -y --no-install-recommends bubblewrap'],
    ['dnf', 'dnf install -y bubblewrap'],
    ['apk', 'apk add --no-cache bubblewrap'],
    ['pacman', 'pacman -S --noconfirm --needed bubblewrap'],
    ['zypper', 'zypper --non-interactive install bubblewrap'],
  ] as const) {
    await using machine = await machineWith({ [manager]: installs });
    const outcome = await machine.run();
    assert.deepEqual(outcome, {
      state: 'installed',
      path: join(machine.folder, 'bwrap'),
      command: line,
    });
    assert.deepEqual(await machine.calls(), [line]);
    assert.equal(machine.announced.length, 1);
    assert.ok(machine.announced[0]?.endsWith(`: ${line}`));
  }
});

test('missing package lists are fetched once, then the installation is tried again', async () => {
  const script = `case "$1" in update) touch HERE/lists ;; install) [ -e HERE/lists ] || exit 100; ${installs} ;; esac`;
  await using machine = await machineWith({ 'apt-get': script });
  assert.equal((await machine.run()).state, 'installed');
  assert.deepEqual(
    (await machine.calls()).map((call) => call.split(' ')[1]),
    ['install', 'update', 'install'],
  );
});

test('a failure is data with the reason of the package manager', async () => {
  await using machine = await machineWith({
    'apt-get': 'echo "E: Unable to locate package bubblewrap" >&2; exit 100',
  });
  const outcome = await machine.run();
  assert.ok(outcome.state === 'failed');
  assert.match(outcome.reason, /Unable to locate/);
});

test('a success that installed nothing is a failure', async () => {
  await using machine = await machineWith({ apk: 'exit 0' });
  assert.equal((await machine.run()).state, 'failed');
});

test('a package manager that hangs is ended', async () => {
  await using machine = await machineWith({ dnf: 'exec sleep 600' });
  const outcome = await machine.run({ timeoutMs: 200 });
  assert.ok(outcome.state === 'failed' && outcome.reason === 'it did not end in time');
});

test('nothing is installed when it is not allowed, not wanted, or nobody can be asked', async () => {
  await using machine = await machineWith({ 'apt-get': installs, sudo: 'exec "$@"' });
  const asked: string[] = [];
  const no = (question: string) => {
    asked.push(question);
    return Promise.resolve(false);
  };
  for (const request of [
    { allowed: false },
    { uid: 1_000 },
    { uid: 1_000, ask: no },
    { uid: 1_000, allowed: false, ask: no },
  ]) {
    const outcome = await machine.run(request);
    assert.ok(outcome.state === 'declined');
    const sudo = 'uid' in request ? 'sudo ' : '';
    assert.equal(outcome.command, `${sudo}apt-get install -y --no-install-recommends bubblewrap`);
  }
  assert.deepEqual([await machine.calls(), machine.announced, asked.length], [[], [], 1]);
});

test('an ordinary user is asked once, and then sudo installs', async () => {
  await using machine = await machineWith({ 'apt-get': installs, sudo: 'exec "$@"' });
  const asked: string[] = [];
  const outcome = await machine.run({
    uid: 1_000,
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(true);
    },
  });
  assert.equal(outcome.state, 'installed');
  assert.match(asked.join(), /^[^,]*bubblewrap, which is not installed.*"sudo apt-get install/);
  assert.match((await machine.calls())[0] ?? '', /^sudo .*apt-get install -y/);
});

test('without a known package manager the command of the most common one is named', async () => {
  await using machine = await machineWith({});
  assert.equal((await machine.run()).state, 'declined');
  assert.match(installCommand([machine.folder], 1_000), /^sudo apt-get install/);
});
