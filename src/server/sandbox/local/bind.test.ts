import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { findProgram } from './programs.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';
import type { LocalSandboxOptions } from './local-sandboxes.ts';
import { isRoot, ordinaryRun, who } from './testing/ordinary-run.ts';

/** Whom the folders belong to. */
const owner = isRoot
  ? { uid: 60_571, gid: 60_572 }
  : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** A folder of a person, `project`, and a provider whose sandbox `bound` has it as its workspace. */
async function boundFixture(options: Partial<LocalSandboxOptions> = {}) {
  const machine = await mkdtemp(join(tmpdir(), 'crosspoint-bound-'));
  await chmod(machine, 0o755);
  const project = join(machine, 'project');
  await mkdir(project);
  await writeFile(join(project, 'theirs.txt'), 'before');
  if (isRoot)
    for (const path of [join(project, 'theirs.txt'), project]) await chown(path, owner.uid, owner.gid);
  const bound = { path: project };
  const fixture = await localFixture({
    bind: (id) => (id.startsWith('bound') ? bound.path : null),
    ...options,
  });
  return {
    ...{ machine, project, bound, provider: fixture.provider, dataDir: fixture.dataDir },
    async [Symbol.asyncDispose]() {
      await fixture[Symbol.asyncDispose]();
      await rm(machine, { recursive: true, force: true });
    },
  };
}

const unavailable = (cause: unknown) =>
  cause instanceof CrosspointError && cause.code === 'sandbox_unavailable';

describe(
  `a folder of the machine as a workspace, by ${who}`,
  { skip: await cannotRun(), concurrency: false },
  () => {
    test('commands work in the folder itself, and what they make belongs to its owner', async () => {
      await using fixture = await boundFixture();
      const { provider, project } = fixture;
      const sandbox = await provider.open('bound');
      assert.equal((await sandbox.exec('cat theirs.txt; pwd')).stdout, 'before/workspace\n');
      await sandbox.exec('echo from inside > made.txt; mkdir folder');
      await sandbox.files.write('theirs.txt', Buffer.from('after'));
      assert.equal(await readFile(join(project, 'made.txt'), 'utf8'), 'from inside\n');
      assert.equal(await readFile(join(project, 'theirs.txt'), 'utf8'), 'after');
      for (const name of ['made.txt', 'folder', 'theirs.txt']) {
        const { uid, gid } = await lstat(join(project, name));
        assert.deepEqual({ uid, gid }, owner);
      }
      assert.equal((await sandbox.exec('git init -q && git status --short | wc -l')).stdout.trim(), '2');
    });

    test('nothing else of the machine is there, and other sandboxes have no part of it', async () => {
      await using fixture = await boundFixture();
      const { provider, machine } = fixture;
      await writeFile(join(machine, 'beside.txt'), 'canary-beside', { mode: 0o644 });
      const sandbox = await provider.open('bound');
      const tried = await sandbox.exec(
        `cat ../beside.txt '${machine}/beside.txt' /proc/1/root/beside.txt; ls '${machine}'; id -u`,
      );
      assert.equal(tried.stdout, '1000\n');
      const other = await provider.open('other');
      assert.deepEqual(await other.files.list('.'), []);
    });

    test('it stays when the sandbox is stopped, opened anew and removed', async () => {
      await using fixture = await boundFixture();
      const { provider, project, dataDir } = fixture;
      const sandbox = await provider.open('bound');
      await sandbox.scratch.write('ours', Buffer.from('kept'));
      await sandbox.stop();
      assert.equal(await provider.state('bound'), 'stopped');
      assert.equal((await sandbox.exec('cat theirs.txt ~/.crosspoint/ours')).stdout, 'beforekept');
      await provider.remove('bound');
      assert.equal(await readFile(join(project, 'theirs.txt'), 'utf8'), 'before');
      await assert.rejects(lstat(join(dataDir, 'sandboxes/bound')), { code: 'ENOENT' });
      assert.equal(await provider.state('bound'), 'gone');
    });

    test('one that is away is not gone: nothing takes its place, and it works when it is back', async () => {
      await using fixture = await boundFixture();
      const { provider, project, machine } = fixture;
      const sandbox = await provider.open('bound');
      await sandbox.stop();
      await rename(project, join(machine, 'away'));
      assert.equal(await provider.state('bound'), 'unreachable');
      await assert.rejects(provider.open('bound', sandbox.ref), unavailable);
      await assert.rejects(provider.open('bound'), unavailable);
      await assert.rejects(lstat(project), { code: 'ENOENT' });
      await rename(join(machine, 'away'), project);
      assert.equal((await sandbox.exec('cat theirs.txt')).stdout, 'before');
    });

    test('a link, a file, a folder of ours and one around ours are refused', async () => {
      await using fixture = await boundFixture();
      const { provider, bound, machine, project, dataDir } = fixture;
      await symlink(project, join(machine, 'link'));
      await mkdir(join(project, 'sub'));
      await provider.open('other');
      for (const path of [
        ...[
          join(machine, 'link'),
          join(machine, 'link/sub'),
          join(project, 'theirs.txt'),
          `${project}/../project`,
        ],
        ...[dataDir, join(dataDir, 'sandboxes'), join(dataDir, 'sandboxes/other/workspace'), tmpdir(), '/'],
        ...['project', '', join(machine, 'missing')],
      ]) {
        bound.path = path;
        await assert.rejects(provider.open('bound-to-that'), unavailable, path);
      }
    });

    test('a folder that becomes another one while it is opened is not shown', async () => {
      const bwrap = findProgram('bwrap') ?? '';
      const programs = await mkdtemp(join(tmpdir(), 'crosspoint-swap-'));
      await chmod(programs, 0o755);
      await using fixture = await boundFixture({ programs: [programs] });
      const { provider, machine, project } = fixture;
      await mkdir(join(machine, 'secret'));
      await writeFile(join(machine, 'secret/key'), 'canary-key', { mode: 0o644 });
      // In the place of bwrap: as soon as the folder is there it makes a link of it.
      const swap = `#!/bin/sh\ncase "$1" in --args) mv '${project}' '${machine}/moved' 2>/dev/null && ln -s '${machine}/secret' '${project}' ;; esac\nexec '${bwrap}' "$@"\n`;
      await writeFile(join(programs, 'bwrap'), swap, { mode: 0o755 });
      await chmod(machine, 0o777);
      const health = await provider.selfTest();
      assert.ok(health.ok, JSON.stringify(health));
      await rm(project, { force: true, recursive: true });
      await rename(join(machine, 'moved'), project).catch(() => mkdir(project));
      if (isRoot) await chown(project, owner.uid, owner.gid);
      const shown = await provider
        .open('bound')
        .then((sandbox) => sandbox.exec('cat key'))
        .catch((cause: unknown) => {
          assert.ok(unavailable(cause), String(cause));
          return null;
        });
      assert.ok((await lstat(project)).isSymbolicLink(), 'it was swapped');
      // Root has mounted it before; anybody else is told.
      if (!isRoot) assert.equal(shown, null);
      assert.equal(shown?.stdout ?? '', '');
      await rm(programs, { recursive: true });
    });

    test(
      'one of root is refused, and one that gets another owner is that owner’s, our files too',
      { skip: !isRoot && 'only root can give folders away' },
      async () => {
        await using fixture = await boundFixture();
        const { provider, project } = fixture;
        await chown(project, 0, 0);
        await assert.rejects(provider.open('bound'), unavailable);
        await chown(project, 60_573, 0);
        const sandbox = await provider.open('bound');
        await sandbox.exec('echo kept > ~/mine; echo x > made');
        const { uid, gid } = await lstat(join(project, 'made'));
        assert.deepEqual([uid, gid], [60_573, 60_573]);
        await sandbox.stop();
        await chown(project, owner.uid, owner.gid);
        const again = await sandbox.exec('cat ~/mine; echo y >> ~/mine; rm made && echo removed');
        assert.equal(again.stdout, 'kept\nremoved\n', again.stderr);
      },
    );

    test(
      'the same holds for an app of an ordinary user',
      { skip: !isRoot && 'this is that run' },
      (context) => ordinaryRun(context, import.meta.filename, 6),
    );
  },
);
