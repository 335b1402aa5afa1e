import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Sandbox } from '../sandbox.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { cannotRun, localFixture } from './testing/fixture.ts';

const mebibyte = 1_048_576;

async function stillWorks(sandbox: Sandbox): Promise<void> {
  assert.equal((await sandbox.exec('echo works')).stdout, 'works\n');
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('the limits of the local sandbox', { skip: await cannotRun(), concurrency: false }, () => {
  test('a fork bomb stops at the process limit, ends at its timeout, and the pod goes on', async () => {
    await using fixture = await localFixture({ limits: { processes: 64 } });
    const sandbox = await fixture.provider.open('bomb');
    const bomb = await sandbox.exec(
      'bomb() { bomb | bomb & }; bomb; while :; do echo "$(ls -d /proc/[0-9]* | wc -l)"; sleep 0.1; done',
      {
        timeoutMs: 1_500,
      },
    );
    assert.equal(bomb.timedOut, true);
    await stillWorks(sandbox);
    const left = await sandbox.exec('ls -d /proc/[0-9]* | wc -l');
    assert.ok(Number(left.stdout) < 8, `${left.stdout} processes are left`);
  });

  test('a limit of processes counts one sandbox, not its neighbours', async () => {
    await using fixture = await localFixture({ limits: { processes: 60 } });
    const [busy, other] = [await fixture.provider.open('busy'), await fixture.provider.open('other')];
    await busy.exec('for i in $(seq 35); do sleep 600 & done; wait', { background: true });
    const result = await other.exec('for i in $(seq 20); do sleep 0.05 & done; wait; echo all');
    assert.deepEqual([result.stdout, result.stderr], ['all\n', '']);
  });

  test('one process that takes too much memory fails, and the pod goes on', async () => {
    await using fixture = await localFixture({ limits: { processMemoryBytes: 1_024 * mebibyte } });
    const sandbox = await fixture.provider.open('hog');
    const hog = await sandbox.exec(
      'node -e "const kept = []; for (;;) kept.push(Buffer.alloc(50_000_000, 1))"',
    );
    assert.notEqual(hog.exitCode, 0);
    await stillWorks(sandbox);
  });

  test('many processes that take too much together end with their pod, and the result says why', async () => {
    await using fixture = await localFixture({ limits: { memoryBytes: 400 * mebibyte } });
    const sandbox = await fixture.provider.open('hogs');
    const hogs = await sandbox.exec(
      'for i in 1 2 3; do node -e "globalThis.kept = Buffer.alloc(200_000_000, 1); setTimeout(() => 0, 60_000)" & done; wait',
      { timeoutMs: 30_000 },
    );
    assert.deepEqual([hogs.lost, hogs.timedOut], [true, false]);
    assert.match(hogs.stderr, /more than 419\.4 MB of memory/);
    await stillWorks(sandbox);
  });

  test('temporary files and shared memory are full at their limit', async () => {
    await using fixture = await localFixture({ limits: { temporaryBytes: 16 * mebibyte } });
    const sandbox = await fixture.provider.open('temporary');
    for (const path of ['/tmp/big', '/dev/shm/big']) {
      const result = await sandbox.exec(
        `head -c 100000000 /dev/zero > ${path}; stat -c %s ${path}; rm ${path}`,
      );
      assert.match(result.stderr, /No space left/);
      assert.ok(Number(result.stdout) <= 16 * mebibyte);
    }
  });

  test('one file ends at its limit', async () => {
    await using fixture = await localFixture({ limits: { fileBytes: 4 * mebibyte } });
    const sandbox = await fixture.provider.open('file');
    const result = await sandbox.exec('head -c 10000000 /dev/zero > big; stat -c %s big');
    assert.equal(result.stdout, `${4 * mebibyte}\n`);
    await assert.rejects(sandbox.files.write('big', new Uint8Array(5 * mebibyte)), hasCode('file_too_large'));
    assert.deepEqual(
      (await sandbox.files.list('.')).map(({ path }) => path),
      ['big'],
    );
  });

  test('a workspace that grows over the limit ends its pod, can be cleaned, and cannot grow further', async () => {
    await using fixture = await localFixture({ limits: { diskBytes: 64 * mebibyte } });
    const sandbox = await fixture.provider.open('disk');
    const fill =
      'for i in $(seq 1000); do head -c 4000000 /dev/zero > fill-$RANDOM-$i; sync -f .; sleep 0.05; done';
    for (const _round of [1, 2]) {
      const result = await sandbox.exec(fill, { timeoutMs: 60_000 });
      assert.equal(result.lost, true);
      assert.match(result.stderr, /files took more than 67\.1 MB/);
    }
    await sandbox.exec('rm fill-*');
    await stillWorks(sandbox);
  });

  test('a flood of output costs no memory and stops no other command', async () => {
    await using fixture = await localFixture();
    const sandbox = await fixture.provider.open('flood');
    const before = process.memoryUsage().rss;
    const flood = sandbox.exec('head -c 300000000 /dev/zero', { maxOutputBytes: 10_000 });
    await stillWorks(sandbox);
    assert.equal((await flood).truncatedBytes, 300_000_000 - 10_000);
    assert.ok(process.memoryUsage().rss - before < 150 * mebibyte);
  });

  test('an idle pod is stopped, one with a background command is not, and files stay', async () => {
    await using fixture = await localFixture({ limits: { idleMs: 300 } });
    const [idle, busy] = [await fixture.provider.open('idle'), await fixture.provider.open('busy')];
    await busy.exec('exec sleep 600', { background: true });
    await idle.files.write('kept', Buffer.from('kept'));
    await until(async () => (await idle.state()) === 'stopped');
    assert.equal(await busy.state(), 'alive');
    assert.equal((await idle.exec('cat kept')).stdout, 'kept');
  });

  test('at the limit of pods the one idle for longest makes room, and a busy one never does', async () => {
    await using fixture = await localFixture({ limits: { pods: 2 } });
    const first = await fixture.provider.open('first');
    const second = await fixture.provider.open('second');
    await first.exec('true');
    const third = await fixture.provider.open('third');
    assert.deepEqual(
      [await first.state(), await second.state(), await third.state()],
      ['alive', 'stopped', 'alive'],
    );
    const stop = new AbortController();
    const running = [first, third].map((each) =>
      each.exec('echo running > running; sleep 60', { signal: stop.signal }),
    );
    for (const each of [first, third]) await until(async () => (await each.files.stat('running')) !== null);
    await assert.rejects(fixture.provider.open('fourth'), hasCode('sandbox_unavailable'));
    await assert.rejects(second.exec('true'), hasCode('sandbox_unavailable'));
    stop.abort();
    assert.deepEqual(
      (await Promise.all(running)).map(({ cancelled }) => cancelled),
      [true, true],
    );
    await stillWorks(second);
  });
});

function hasCode(code: string): (cause: unknown) => boolean {
  return (cause) => cause instanceof CrosspointError && cause.code === code;
}
