import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, freshId, processesWith, refuses, succeeded, text } from './context.ts';
import type { Context } from './context.ts';

export function lifetimePromises({ sandbox, provider }: Context): void {
  test('the self-test says yes with a detail', async () => {
    const health = await provider().selfTest();
    assert.ok(health.ok && health.detail.length > 10);
  });

  test('opening at the same time and again gives one sandbox', async () => {
    const id = freshId();
    const opened = await Promise.all([1, 2, 3, 4].map(() => provider().open(id)));
    await opened[0]?.exec('echo shared > /tmp/one');
    for (const each of opened) assert.equal((await each.exec('cat /tmp/one')).stdout, 'shared\n');
    await opened[0]?.destroy();
  });

  test('two sandboxes share no files and no processes', async () => {
    const other = await provider().open(freshId());
    await sandbox().files.write('mine', bytes('secret'));
    const { processId } = await sandbox().exec('exec -a neighbour sleep 600', { background: true });
    assert.equal(await other.files.stat('mine'), null);
    assert.deepEqual(
      [await processesWith(sandbox(), 'neighbour'), await processesWith(other, 'neighbour')],
      [1, 0],
    );
    await other.destroy();
    succeeded(await sandbox().exec(`kill ${processId}`));
  });

  test('stop ends processes and keeps files; the next request starts it again', async () => {
    const id = freshId();
    const first = await provider().open(id);
    assert.equal(await first.state(), 'alive');
    await first.files.write('kept/file', bytes('still here'));
    await first.exec('exec -a before-the-stop sleep 600', { background: true });
    await first.stop();
    assert.equal(await first.state(), 'stopped');
    const second = await provider().open(id);
    assert.equal(await second.state(), 'alive');
    assert.equal(text(await second.files.read('kept/file')), 'still here');
    assert.equal(await processesWith(second, 'before-the-stop'), 0);
    await second.stop();
    assert.equal((await second.exec('cat kept/file')).stdout, 'still here');
    await second.destroy();
  });

  test('destroy leaves nothing, and an old handle never gets an empty workspace instead', async () => {
    const id = freshId();
    const old = await provider().open(id);
    await old.files.write('file', bytes('x'));
    await old.destroy();
    assert.equal(await old.state(), 'gone');
    await refuses(old.exec('true'), 'sandbox_gone');
    await refuses(old.files.list('.'), 'sandbox_gone');
    const fresh = await provider().open(id);
    assert.deepEqual(await fresh.files.list('.'), []);
    await fresh.destroy();
  });

  test('how a sandbox is can be asked without starting it, also by whoever did not open it', async () => {
    const id = freshId();
    const opened = await provider().open(id);
    const { ref } = opened;
    assert.equal(await provider().state(id, ref), 'alive');
    await opened.stop();
    for (const known of [ref, null]) assert.equal(await provider().state(id, known), 'stopped');
    assert.equal(await opened.state(), 'stopped');
    await opened.destroy();
    for (const known of [ref, null]) assert.equal(await provider().state(id, known), 'gone');
  });

  test('one that was removed is never made anew for whoever asks for it by its ref', async () => {
    const id = freshId();
    const { ref } = await provider().open(id);
    await provider().remove(id, ref);
    await provider().remove(id, ref);
    await refuses(provider().open(id, ref), 'sandbox_gone');
    assert.equal(await provider().state(id, ref), 'gone');
  });

  test('what exists is listed, with what finds it again', async () => {
    const id = freshId();
    const opened = await provider().open(id);
    await opened.files.write('file', bytes('x'));
    await opened.keepAlive();
    await opened.stop();
    const listed = (await provider().list()).filter((each) => each.id === id);
    assert.deepEqual(
      listed.map(({ ref }) => ref),
      [opened.ref],
    );
    const [{ lastUsedAt = null } = {}] = listed;
    assert.ok(
      lastUsedAt === null || Math.abs(Date.parse(lastUsedAt) - Date.now()) < 3_600_000,
      `${lastUsedAt}`,
    );
    assert.equal(text(await (await provider().open(id, opened.ref)).files.read('file')), 'x');
    await provider().remove(id, opened.ref);
    assert.ok(!(await provider().list()).some((each) => each.id === id));
  });
}
