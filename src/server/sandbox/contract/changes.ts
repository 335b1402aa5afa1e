import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from './context.ts';

export function changePromises({ sandbox }: Context): void {
  test('a change of a file, of a mode, of a link and of a name is noticed', async () => {
    const { files } = sandbox();
    await files.write('watched/one.txt', Buffer.from('1'));
    let { token } = await files.changedSince(null);
    for (const change of [
      'echo 2 > watched/one.txt',
      'chmod +x watched/one.txt',
      'ln -s one.txt watched/link',
      'mv watched/one.txt watched/two.txt',
      'rm watched/two.txt',
    ]) {
      await sandbox().exec(change);
      const looked = await files.changedSince(token);
      assert.equal(looked.changed, true, change);
      token = looked.token;
    }
  });
}
