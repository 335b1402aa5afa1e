import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { SnapshotBench } from './testing/snapshot-bench.ts';

/** A real pod in which no command finds git. */
function withoutGit(sandbox: Sandbox, durability: Sandbox['durability']): Sandbox {
  const exec: Sandbox['exec'] = (command, options) =>
    sandbox.exec(command, { ...options, env: { ...options?.env, PATH: '/tmp/programs' } });
  const calls: Record<PropertyKey, unknown> = { durability, exec };
  return new Proxy(sandbox, {
    get(target, key) {
      const value = key in calls ? calls[key] : Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('snapshots of a workspace without git', { skip: await cannotRun() }, () => {
  let bench: SnapshotBench;
  before(async () => (bench = await SnapshotBench.open()));
  after(() => bench.close());
  beforeEach(async () => {
    await bench.next();
    await bench.run('mkdir /tmp/programs; ln -s /usr/bin/* /tmp/programs; rm /tmp/programs/git');
  });

  test('all files come back byte for byte, and nothing is packed twice', async () => {
    const bare = withoutGit(bench.sandbox, 'none');
    await bench.run(`mkdir -p a empty node_modules/x "ü ö" .git; printf 1 > a/b; chmod 640 a/b; ln -s a/b link; : > "ü ö"/nothing
      printf 'a\\r\\n' > $'line\\nbreak'; printf 1 > node_modules/x/i; printf 'ref' > .git/HEAD; truncate -s 53000000 huge`);
    const first = await bench.save(bare);
    assert.deepEqual(first?.leftOut, ['huge']);
    assert.equal(await bench.save(bare), null);
    await bench.run('printf 2 > a/b');
    assert.ok(await bench.save(bare));
    assert.deepEqual(bench.files(), ['2.tar']);
    await bench.run('rm -r huge node_modules');
    const other = await bench.restored();
    assert.deepEqual(await bench.everything(other), await bench.everything());
    // With git again, a chain begins.
    await bench.save();
    assert.deepEqual(bench.files(), ['3.bundle']);
    assert.deepEqual(await bench.chain(), ['3 whole']);
  });

  test('where the disk of this machine keeps the files, they are packed only to be moved', async () => {
    const bare = withoutGit(bench.sandbox, 'host');
    await bench.run('printf 1 > f');
    assert.equal(await bench.save(bare), null);
    assert.ok(await bench.snapshots.save(bare, bench.id, 'move'));
    assert.equal(await bench.run('cat f', await bench.restored()), '1');
  });

  test('without tar too nothing is said to be saved', async () => {
    await bench.run('printf 1 > f; rm /tmp/programs/tar');
    const saving = bench.save(withoutGit(bench.sandbox, 'none'));
    await assert.rejects(saving, { code: 'snapshot_failed', message: /neither git nor tar/ });
    assert.equal(await bench.snapshots.snapshot(bench.id), null);
  });
});
