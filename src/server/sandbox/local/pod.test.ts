import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { createLocalSandboxes } from './local-sandboxes.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';

const skip = await cannotRun();

describe('the pod of a local sandbox', { skip, concurrency: false }, () => {
  test('a pod that dies loses the command that ran, never a file, and the next request starts another', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('dies');
    await sandbox.files.write('kept', Buffer.from('kept'));
    for (const death of ['kill -9 -1', 'kill -9 2; sleep 60', 'kill -TERM 2; sleep 60']) {
      const result = await sandbox.exec(death, { timeoutMs: 20_000 });
      assert.deepEqual([result.lost, result.exitCode, result.timedOut], [true, null, false], death);
      assert.equal((await sandbox.exec('cat kept')).stdout, 'kept');
    }
  });

  test('every command that runs when its pod dies is told so', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('all');
    const running = [1, 2, 3].map(() => sandbox.exec('sleep 60'));
    const reading = sandbox.exec('mkfifo wait; cat wait');
    await sandbox.exec('kill -9 2');
    for (const each of await Promise.all([...running, reading])) assert.equal(each.lost, true);
  });

  test('a supervisor that a command stopped ends with its pod after the grace of a timeout', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('stopped');
    const result = await sandbox.exec('kill -STOP 2; sleep 60', { timeoutMs: 200 });
    assert.equal(result.lost, true);
    assert.match(result.stderr, /did not answer/);
    assert.equal((await sandbox.exec('echo again')).stdout, 'again\n');
  });

  test('a pod that dies while it is given a file or input says so, and the app goes on', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('gives');
    const body = Buffer.alloc(90_000_000, 1);
    const dying = sandbox.exec('head -c 1 >/dev/null; kill -9 2; sleep 60', { stdin: body });
    assert.equal((await dying).lost, true);
    const writing = assert.rejects(sandbox.files.write('big', body), hasCode('sandbox_unreachable'));
    while ((await sandbox.files.list('.')).length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    await sandbox.stop();
    await writing;
    assert.equal(await sandbox.files.stat('big'), null);
  });

  test('an error of the listener reaches the caller and stops the command, not the pod', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('listener');
    await sandbox.exec('echo > /tmp/same-pod');
    const onOutput = () => {
      throw new Error('from the listener');
    };
    await assert.rejects(sandbox.exec('echo once; sleep 60', { onOutput }), /from the listener/);
    assert.equal((await sandbox.exec('ls /tmp/same-pod')).exitCode, 0);
  });

  test('a background shell that ends leaves what it started, and its log can be read', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('background');
    const started = await sandbox.exec('echo ready; sleep 600 & echo $! > server.pid', { background: true });
    const log = /\/tmp\/background-\d+\.log/.exec(started.stderr)?.[0];
    const read = await sandbox.exec(
      `until [ -s server.pid ]; do sleep 0.01; done; kill -0 $(cat server.pid); cat ${log}`,
    );
    assert.deepEqual([read.exitCode, read.stdout], [0, 'ready\n']);
    assert.equal((await sandbox.exec('sleep 60', { timeoutMs: 100 })).timedOut, true);
    assert.equal((await sandbox.exec('kill $(cat server.pid)')).exitCode, 0);
  });

  test('kill -9 of the app leaves no process of a pod', async () => {
    await using fixture = await localFixture();
    const marker = `orphan-${process.pid}`;
    const script = `
      const { createLocalSandboxes } = await import(${JSON.stringify(new URL('./local-sandboxes.ts', import.meta.url).href)});
      const sandbox = await createLocalSandboxes({ dataDir: ${JSON.stringify(join(fixture.dataDir, 'app'))} }).open('app');
      await sandbox.exec('setsid bash -c "exec -a ${marker} sleep 600"', { background: true });
      console.log('up');
      setInterval(() => undefined, 1000);`;
    const app = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(app.stdout, 'data');
    while ((await hostProcessesWith(marker)) !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
    app.kill('SIGKILL');
    await once(app, 'exit');
    while ((await hostProcessesWith(marker)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test('close ends every pod, and later requests say that the app ends', async () => {
    const fixture = await localFixture();
    const sandbox = await fixture.provider.open('closing');
    await sandbox.exec(`exec -a closing-${process.pid} sleep 600`, { background: true });
    await fixture.provider.close();
    assert.equal(await hostProcessesWith(`closing-${process.pid}`), 0);
    await assert.rejects(sandbox.exec('true'), hasCode('sandbox_unavailable'));
    await fixture[Symbol.asyncDispose]();
  });

  test('an id that is no plain name opens nothing', async () => {
    await using fixture = await localFixture();
    for (const id of ['', '..', '../x', 'a/b', '.hidden', 'a\0', 'x'.repeat(200)])
      await assert.rejects(fixture.provider.open(id), hasCode('not_found'));
    assert.deepEqual(
      (await readdir(join(fixture.dataDir, 'sandboxes'))).filter((name) => name !== 'self-test'),
      [],
    );
  });

  test('Node and npm from places that only the owner can enter work inside', async () => {
    await using fixture = await localFixture();
    const npm = join(fixture.dataDir, 'npm');
    await mkdir(join(npm, 'bin'), { recursive: true });
    const program = '#!/usr/bin/env node\nconsole.log("npm on " + process.execPath);\n';
    await writeFile(join(npm, 'bin/npm-cli.js'), program);
    await chmod(join(npm, 'bin/npm-cli.js'), 0o755);
    const node = join(fixture.dataDir, 'node');
    await copyFile(process.execPath, node);
    await chmod(node, 0o700);
    await using other = await localFixture({ node, npm });
    const sandbox = await other.provider.open('private-node');
    const result = await sandbox.exec('npm; node --version');
    assert.equal(result.stdout, `npm on /opt/crosspoint/bin/node\n${process.version}\n`, result.stderr);
  });

  test('a data directory that cannot be written is explained', async () => {
    await using fixture = await localFixture();
    const blocked = createLocalSandboxes({ dataDir: join(fixture.dataDir, 'file/below') });
    await writeFile(join(fixture.dataDir, 'file'), '');
    const health = await blocked.selfTest();
    assert.ok(!health.ok && health.reason.includes('ENOTDIR') && health.remedy.length > 0);
    await assert.rejects(blocked.open('any'), hasCode('sandbox_unavailable'));
  });

  test('what the sandboxes keep is closed to other users of the machine', async () => {
    await using fixture = await localFixture();
    await fixture.provider.open('private');
    assert.equal((await stat(join(fixture.dataDir, 'sandboxes'))).mode & 0o777, 0o700);
  });

  test('an app that keeps its files to itself by its umask starts pods all the same', async () => {
    const usual = process.umask(0o077);
    try {
      await using fixture = await localFixture();
      const sandbox = await fixture.provider.open('umask');
      assert.equal(
        (await sandbox.exec('getent passwd user | cut -d: -f1; git config user.name')).stdout,
        'user\nCrosspoint\n',
      );
    } finally {
      process.umask(usual);
    }
  });

  test('a sandbox whose commands locked its own files can be destroyed', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('locked');
    await sandbox.exec('mkdir -p a/b/c; echo > a/b/file; chmod 000 a/b/c a/b a; ln -s /etc etc; chmod 555 .');
    await sandbox.destroy();
    assert.equal(await sandbox.state(), 'gone');
    assert.deepEqual(await readdir(join(fixture.dataDir, 'sandboxes')), []);
  });
});

describe('a machine where commands cannot run', { concurrency: false }, () => {
  test('without bubblewrap everything answers with the reason and the one command', async () => {
    await using fixture = await localFixture({ programs: ['/nonexistent'] });
    const health = await fixture.provider.selfTest();
    assert.ok(
      !health.ok &&
        health.reason.includes('bubblewrap') &&
        /install.*bubblewrap|add.*bubblewrap|-S.*bubblewrap/.test(health.remedy),
    );
    await assert.rejects(fixture.provider.open('any'), (cause) => {
      assert.ok(
        cause instanceof CrosspointError && cause.code === 'sandbox_unavailable' && cause.status === 503,
      );
      assert.ok(cause.message.includes(health.reason) && cause.message.includes(health.remedy));
      return true;
    });
  });

  const failures: [printed: string, remedy: RegExp][] = [
    [
      'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
      /--security-opt/,
    ],
    [
      'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
      /user\.max_user_namespaces/,
    ],
    ['bwrap: setting up uid map: Permission denied', /bwrap-userns-restrict/],
    ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', /bwrap-userns-restrict/],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /systempaths=unconfined/],
    ['bwrap: something nobody has seen', /e2b or daytona/],
  ];
  for (const [printed, remedy] of failures)
    test(`"${printed.slice(0, 60)}" is explained with what mends it`, { skip }, async () => {
      await using fixture = await localFixture();
      const programs = join(fixture.dataDir, 'programs');
      await chmod(fixture.dataDir, 0o755);
      await mkdir(programs, { mode: 0o755 });
      const script = `#!/bin/sh\ncase "$1" in --version) echo bubblewrap 0.8.0 ;; --help) echo "--size --disable-userns" ;;\n*) echo "${printed}" >&2; exit 1 ;; esac\n`;
      await writeFile(join(programs, 'bwrap'), script, { mode: 0o755 });
      await using failing = await localFixture({ programs: [programs] });
      const health = await failing.provider.selfTest();
      assert.ok(!health.ok);
      assert.match(health.remedy, remedy);
      assert.doesNotMatch(health.reason, /undefined|\n/);
    });
});

async function hostProcessesWith(word: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  // Its first word: the shell that starts it has it further back.
  return lines.filter((line) => line.startsWith(word)).length;
}

function hasCode(code: string): (cause: unknown) => boolean {
  return (cause) => cause instanceof CrosspointError && cause.code === code;
}
