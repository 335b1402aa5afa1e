import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cannotRun } from '#server/sandbox/local/testing/fixture.ts';
import { person, SnapshotBench } from './testing/snapshot-bench.ts';
import { through } from './testing/through.ts';

/** Every place where a machine can stop, and a disk that does not keep what it was given. */
describe('snapshots that are cut off or damaged', { skip: await cannotRun() }, () => {
  let bench: SnapshotBench;
  before(async () => (bench = await SnapshotBench.open()));
  after(() => bench.close());
  beforeEach(() => bench.next());

  test('a save that is cut off anywhere leaves what was saved before it, and the next one is whole again', async () => {
    const saveWith = (name: 'addSnapshot' | 'removeSnapshots') => {
      const fails = () => Promise.reject(new Error('The power went off.'));
      const workspaces = { ...bench.store.workspaces, [name]: fails };
      return bench.over({ ...bench.store, workspaces }).save(bench.sandbox, bench.id, 'turn');
    };
    const command = (script: string) => script.replace('git bundle create', () => 'kill -9 $$; git');
    const cuts: [string, () => Promise<unknown>][] = [
      ['before its end', () => bench.save(through(bench.sandbox, { piece: (bytes) => bytes.subarray(1) }))],
      [
        'with other bytes',
        () => bench.save(through(bench.sandbox, { piece: (bytes) => bytes.map((byte) => byte ^ 1) })),
      ],
      ['in the sandbox', () => bench.save(through(bench.sandbox, { command }))],
      ['before its row', () => saveWith('addSnapshot')],
    ];
    await bench.run('printf 0 > f');
    await bench.save();
    for (const [index, [name, cut]] of cuts.entries()) {
      await bench.run(`printf ${index + 1} > f`);
      await assert.rejects(cut, { code: 'snapshot_failed' }, name);
      assert.equal(await bench.run('cat f', await bench.restored()), '0', name);
    }
    assert.ok(await bench.save());
    assert.deepEqual(await bench.chain(), ['1 whole', '2 on 1']);
    assert.equal(await bench.run('cat f', await bench.restored()), '4');
    assert.deepEqual(bench.files(), ['1.bundle', '2.bundle']);
    // Between the row of a whole one and the end of what it replaces.
    await bench.run(`rm -rf "${bench.sandbox.scratch.folder}/files.git"; printf 5 > f`);
    await assert.rejects(() => saveWith('removeSnapshots'), { code: 'snapshot_failed' });
    assert.equal(await bench.run('cat f', await bench.restored()), '5');
    assert.deepEqual(await bench.chain(), ['1 whole', '2 on 1', '3 whole']);
    await bench.snapshots.collect(new Set());
    assert.deepEqual(await bench.chain(), ['3 whole']);
    assert.deepEqual(bench.files(), ['3.bundle']);
  });

  test('a restore that is cut off is repeated, a damaged snapshot is refused, and then the next one is whole', async () => {
    await bench.run(
      `${person} init -q; mkdir closed; for i in {1..300}; do printf $i > closed/$i; done; chmod 500 closed`,
    );
    await bench.save();
    await bench.run(`${person} add . && ${person} commit -qm 1; printf new > n`);
    await bench.save();
    const other = await bench.fresh();
    const cutAt = (text: string) =>
      through(other, { command: (script) => script.replace(text, () => `kill -9 $$; ${text}`) });
    for (const place of ['git update-ref refs/heads/files "$state"', 'count=0\n', 'list folders', 'exit 0\n'])
      await assert.rejects(
        bench.snapshots.restore(cutAt(place), bench.id),
        { code: 'restore_failed' },
        place,
      );
    const beforeWrite = (name: string) => assert.notEqual(name, '2.bundle', 'The power went off.');
    await assert.rejects(bench.snapshots.restore(through(other, { beforeWrite }), bench.id), {
      code: 'restore_failed',
    });
    await bench.snapshots.restore(other, bench.id);
    assert.deepEqual(await bench.everything(other), await bench.everything());
    const path = join(bench.folder, 'snapshots', bench.id, '1.bundle');
    const bytes = readFileSync(path);
    bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const empty = await bench.fresh();
    await assert.rejects(bench.snapshots.restore(empty, bench.id), { code: 'restore_failed' });
    assert.equal(await bench.run('find . -mindepth 1', empty), '');
    rmSync(path);
    await bench.run('printf newer > n');
    await bench.save();
    assert.deepEqual(await bench.chain(), ['3 whole']);
    assert.deepEqual(await bench.everything(await bench.restored()), await bench.everything());
  });

  test('a sandbox that lies about what it has packed changes nothing of what is kept', async () => {
    await bench.run('printf 1 > f');
    await bench.save();
    const [commit, sum] = ['a'.repeat(40), '0'.repeat(64)];
    const lies = [
      `commit ../../1\\0base \\0sum ${sum}\\0`,
      `commit ${commit}\\0base ${'b'.repeat(40)}\\0sum ${sum}\\0`,
      `commit ${commit}\\0base \\0sum ${sum}\\0`,
      `commit ${commit}\\0base \\0sum ../x\\0`,
      'nothing of that\\0',
    ];
    for (const lie of lies) {
      const said = `printf x > "$SCRATCH/save.bundle"; printf '${lie}'`;
      const command = (script: string) => (script.includes('git bundle create') ? said : script);
      await assert.rejects(bench.save(through(bench.sandbox, { command })), { code: 'snapshot_failed' }, lie);
    }
    assert.deepEqual([await bench.chain(), bench.files()], [['1 whole'], ['1.bundle']]);
    await bench.run('printf 2 > f');
    const many = `for i in {1..2000}; do printf 'left %05000d\\0' $i; done`;
    const command = (script: string) =>
      script.includes('git bundle create') ? `${script}\n${many}` : script;
    const { leftOut = [] } = (await bench.save(through(bench.sandbox, { command }))) ?? {};
    assert.deepEqual([leftOut.length, leftOut[0]?.length, leftOut.at(-1)], [1_001, 4_096, 'and 1000 more']);
    assert.equal(await bench.run('cat f', await bench.restored()), '2');
  });
});
