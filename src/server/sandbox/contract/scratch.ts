import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from './context.ts';
import type { Context } from './context.ts';

export function scratchPromises({ sandbox }: Context): void {
  test('our own files come back byte for byte, in pieces, and commands find them in their folder', async () => {
    const { scratch } = sandbox();
    const content = randomBytes(9_000_001);
    async function* pieces() {
      for (let at = 0; at < content.length; at += 1_000_000) yield content.subarray(at, at + 1_000_000);
    }
    await scratch.write('large.bin', pieces());
    const read: Uint8Array[] = [];
    for await (const piece of scratch.read('large.bin')) read.push(piece);
    assert.ok(Buffer.concat(read).equals(content));
    const sum = sha256(content);
    const { stdout } = await sandbox().exec(`sha256sum < ${scratch.folder}/large.bin`);
    assert.equal(stdout.split(' ')[0], sum);
    assert.deepEqual(
      await sandbox()
        .files.list('.', { recursive: true })
        .then((all) => all.filter(({ path }) => path.includes('large.bin'))),
      [],
    );
    await scratch.write('large.bin', Buffer.from(''));
    assert.equal((await sandbox().exec(`wc -c < ${scratch.folder}/large.bin`)).stdout.trim(), '0');
    await scratch.remove('large.bin');
    await scratch.remove('large.bin');
    await assert.rejects(
      async () => {
        for await (const _ of scratch.read('large.bin'));
      },
      { code: 'file_not_found' },
    );
  });

  test('a name of our own files is one segment', async () => {
    for (const name of ['../x', 'a/b', '', '.', '..', '/etc/passwd', 'a\0b'])
      await assert.rejects(sandbox().scratch.write(name, Buffer.from('x')), {
        code: 'path_outside_workspace',
      });
  });
}
