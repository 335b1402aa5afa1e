import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { bytes, refuses, sha256, succeeded, text } from './context.ts';
import type { Context } from './context.ts';

export function filePromises({ sandbox }: Context): void {
  test('a file comes back byte for byte, empty and large ones too', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const content of [new Uint8Array(), every, randomBytes(3_000_000)]) {
      await sandbox().files.write('bin/data', content);
      assert.equal(sha256(await sandbox().files.read('bin/data')), sha256(content));
    }
  });

  test('commands and file requests see the same files', async () => {
    await sandbox().files.write('new/folder/hello.txt', bytes('from outside'));
    assert.equal((await sandbox().exec('cat new/folder/hello.txt')).stdout, 'from outside');
    succeeded(await sandbox().exec('printf "from inside" > new/other.txt'));
    assert.equal(text(await sandbox().files.read('new/other.txt')), 'from inside');
  });

  test('a file that is written keeps its mode', async () => {
    succeeded(await sandbox().exec('echo "exit 3" > run.sh; chmod 750 run.sh'));
    await sandbox().files.write('run.sh', bytes('#!/bin/bash\nexit 4\n'));
    assert.equal((await sandbox().exec('stat -c %a run.sh; ./run.sh')).stdout, '750\n');
    assert.equal((await sandbox().exec('./run.sh')).exitCode, 4);
  });

  test('a reader sees the old content or the new, never a part', async () => {
    const content = (mark: string) => bytes(mark.repeat(200_000));
    await sandbox().files.write('whole', content('a'));
    const reader = sandbox().exec('until [ -e enough ]; do md5sum < whole; done | sort -u | wc -l', {
      timeoutMs: 30_000,
    });
    for (let round = 0; round < 20; round += 1)
      await sandbox().files.write('whole', content(round % 2 ? 'a' : 'b'));
    await sandbox().files.write('enough', bytes(''));
    assert.ok(Number((await reader).stdout) <= 2);
    const left = await sandbox().files.list('.');
    assert.deepEqual(
      left.filter(({ path }) => path.includes('crosspoint')),
      [],
    );
  });

  test('what cannot be read says why', async () => {
    succeeded(
      await sandbox().exec('mkdir -p dir; mkfifo -m 600 pipe; ln -s /dev/zero endless; echo 12345 > five'),
    );
    await refuses(sandbox().files.read('missing'), 'file_not_found');
    await refuses(sandbox().files.read('five/below'), 'file_not_found');
    for (const path of ['dir', 'pipe', 'endless', '.'])
      await refuses(sandbox().files.read(path), 'not_a_file');
    await refuses(sandbox().files.read('five', { maxBytes: 5 }), 'file_too_large');
    assert.equal((await sandbox().files.read('five', { maxBytes: 6 })).byteLength, 6);
  });

  test('a folder is not overwritten by a file', async () => {
    await refuses(sandbox().files.write('dir', bytes('x')), 'not_a_file');
    assert.equal((await sandbox().files.stat('dir'))?.type, 'directory');
  });

  test('a listing names each entry with type and size, shows links as links, and stops at its limit', async () => {
    succeeded(
      await sandbox().exec(
        'mkdir -p tree/sub && cd tree && printf 123 > three && ln -s / up && echo > sub/leaf',
      ),
    );
    const flat = await sandbox().files.list('tree');
    assert.deepEqual(flat.map(({ path, type }) => `${type} ${path}`).sort(), [
      'directory tree/sub',
      'file tree/three',
      'link tree/up',
    ]);
    assert.equal(flat.find(({ path }) => path === 'tree/three')?.size, 3);
    const deep = await sandbox().files.list('tree', { recursive: true });
    assert.deepEqual(deep.map(({ path }) => path).sort(), [
      'tree/sub',
      'tree/sub/leaf',
      'tree/three',
      'tree/up',
    ]);
    assert.equal((await sandbox().files.list('tree', { recursive: true, maxEntries: 2 })).length, 2);
    await refuses(sandbox().files.list('missing'), 'file_not_found');
  });

  test('stat tells what is there, when it changed, and null for nothing', async () => {
    const before = Date.now() - 60_000;
    await sandbox().files.write('stat me', bytes('1234'));
    const status = await sandbox().files.stat('stat me');
    assert.deepEqual([status?.path, status?.type, status?.size], ['stat me', 'file', 4]);
    assert.ok((status?.modifiedMs ?? 0) > before);
    assert.equal((await sandbox().files.stat('tree/up'))?.type, 'link');
    assert.equal(await sandbox().files.stat('missing/below'), null);
  });

  test('remove takes files, folders with their content, and links without their target', async () => {
    succeeded(
      await sandbox().exec(
        'mkdir -p gone/deep && echo > gone/deep/leaf && echo kept > kept && ln -s ../kept gone/link',
      ),
    );
    await sandbox().files.remove('gone/link');
    await sandbox().files.remove('gone');
    assert.deepEqual(
      [await sandbox().files.stat('gone'), text(await sandbox().files.read('kept'))],
      [null, 'kept\n'],
    );
    await refuses(sandbox().files.remove('gone'), 'file_not_found');
    await refuses(sandbox().files.remove('.'), 'not_a_file');
  });
}
