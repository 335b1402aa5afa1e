import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, refuses, succeeded, text } from './context.ts';
import type { Context } from './context.ts';

export function pathPromises({ sandbox }: Context): void {
  test('every path outside the workspace is refused, for every request', async () => {
    const { files, workdir } = sandbox();
    for (const path of [
      '..',
      '../x',
      'a/../../x',
      '/',
      '/etc/passwd',
      `${workdir}/../etc`,
      `${workdir}x/y`,
      'a\0b',
    ]) {
      await refuses(files.read(path), 'path_outside_workspace');
      await refuses(files.write(path, bytes('x')), 'path_outside_workspace');
      await refuses(files.list(path), 'path_outside_workspace');
      await refuses(files.stat(path), 'path_outside_workspace');
      await refuses(files.remove(path), 'path_outside_workspace');
    }
  });

  test('an absolute path below the workspace is the same file', async () => {
    await sandbox().files.write(`${sandbox().workdir}/absolute.txt`, bytes('here'));
    assert.equal(text(await sandbox().files.read('./absolute.txt')), 'here');
    assert.ok((await sandbox().files.list(sandbox().workdir)).some(({ path }) => path === 'absolute.txt'));
  });

  test('any name that a file may have works', async () => {
    const names = [
      'with space',
      'naïve-文件-🙂',
      '-rf',
      '$(touch hacked)',
      `quote'"\``,
      'new\nline',
      '.hidden',
      'x'.repeat(255),
    ];
    for (const name of names) {
      await sandbox().files.write(`names/${name}`, bytes(name));
      assert.equal(text(await sandbox().files.read(`names/${name}`)), name);
    }
    const listed = await sandbox().files.list('names');
    assert.deepEqual(listed.map(({ path }) => path.slice('names/'.length)).sort(), [...names].sort());
    assert.equal(await sandbox().files.stat('hacked'), null);
  });

  test('a link inside the workspace is followed, and writing through it keeps the link', async () => {
    succeeded(await sandbox().exec('echo old > target.txt && ln -s target.txt alias.txt'));
    await sandbox().files.write('alias.txt', bytes('new'));
    assert.equal(text(await sandbox().files.read('target.txt')), 'new');
    assert.equal((await sandbox().files.stat('alias.txt'))?.type, 'link');
  });
}
