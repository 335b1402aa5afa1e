import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { at } from '#server/store/testing/sample-rows.ts';
import { SnapshotBench } from './testing/snapshot-bench.ts';
import { through } from './testing/through.ts';

const day = 24 * 60 * 60 * 1000;

describe('what is removed of snapshots', { skip: await cannotRun() }, () => {
  let bench: SnapshotBench;
  before(async () => (bench = await SnapshotBench.open()));
  after(() => bench.close());

  /** A thread with one snapshot. @param daysAgo of its last use. @returns the id of its sandbox */
  async function kept(provider: 'local' | 'e2b', daysAgo: number): Promise<string> {
    const updatedAt = new Date(Date.parse(at) - daysAgo * day).toISOString();
    await bench.next(updatedAt);
    const row = { threadId: bench.id, provider, ref: bench.id, generation: 1, boundFolder: null };
    await bench.store.workspaces.putSandbox({ ...row, updatedAt });
    await bench.run('head -c 10000 /dev/urandom > f');
    assert.ok(await bench.save());
    return bench.id;
  }
  const folders = () => readdirSync(join(bench.folder, 'snapshots')).sort();

  test('only copies of workspaces on this machine go: after 90 days, or the longest unused above the cap', async () => {
    const [remote, old, gone, recent, newest] = [
      await kept('e2b', 400),
      await kept('local', 91),
      await kept('local', 300),
      await kept('local', 30),
      await kept('local', 1),
    ];
    const here = new Set([old, recent, newest, remote]);
    const now = Date.parse(at);
    const all = await bench.snapshots.collect(new Set(), { now });
    assert.equal(all.snapshots, 5);
    // Nobody knows whether the workspace of one that is not listed here still is anywhere.
    const left = await bench.snapshots.collect(here, { now });
    assert.deepEqual(folders(), [remote, gone, recent, newest].sort());
    assert.equal(left.snapshots, 4);
    assert.deepEqual(await bench.store.workspaces.snapshots(old), []);
    const capped = await bench.snapshots.collect(here, { now, most: left.bytes - 1 });
    assert.deepEqual(folders(), [remote, gone, newest].sort());
    assert.ok(capped.bytes < left.bytes && capped.snapshots === 3);
    await bench.snapshots.collect(here, { now, most: 0 });
    assert.deepEqual(folders(), [remote, gone].sort());
  });

  test('what no row names goes, what belongs to nobody too, and nothing else on the disk', async () => {
    const mine = await kept('e2b', 0);
    const path = join(bench.folder, 'snapshots');
    for (const name of ['7.bundle', '2.bundle.new']) writeFileSync(join(path, mine, name), 'x');
    mkdirSync(join(path, 'deleted'));
    writeFileSync(join(path, 'deleted', '1.bundle'), 'x');
    writeFileSync(join(path, 'a file of somebody.txt'), 'x');
    const orphan = await kept('local', 0);
    await bench.store.threads.delete('local', orphan);
    await bench.snapshots.collect(new Set());
    assert.ok(folders().includes(orphan), 'its sandbox may still be ended in order');
    await bench.store.workspaces.removeSandbox(orphan);
    await bench.snapshots.collect(new Set());
    assert.deepEqual(
      folders().filter((name) => [mine, orphan, 'deleted', 'a file of somebody.txt'].includes(name)),
      ['a file of somebody.txt', mine].sort(),
    );
    assert.deepEqual(readdirSync(join(path, mine)), ['1.bundle']);
  });

  test('a first snapshot that is being saved is not taken for a stray', async () => {
    await bench.next();
    await bench.run('head -c 20000000 /dev/urandom > f');
    const collecting: Promise<unknown>[] = [];
    const piece = (bytes: Uint8Array) => {
      collecting.push(bench.snapshots.collect(new Set()));
      return bytes;
    };
    assert.ok(await bench.save(through(bench.sandbox, { piece })));
    await Promise.all(collecting);
    assert.ok(collecting.length > 1);
    assert.deepEqual(bench.files(), ['1.bundle']);
  });

  test('what is forgotten is not on the disk any more', async () => {
    const id = await kept('local', 0);
    await bench.snapshots.forget(id);
    assert.ok(!folders().includes(id));
  });
});
