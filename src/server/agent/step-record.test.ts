import { test } from 'node:test';
import assert from 'node:assert/strict';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import { command, write } from './testing/steps.ts';
import { inOrder, openWorkbench } from './testing/workbench.ts';

/** In a real pod, with its git. */
test(
  'each of the calls of one answer is told of the files that it changed, and of no others',
  { skip: await cannotRun() },
  async () => {
    await using fixture = await localFixture();
    const calls = [
      command('sleep 0.2; echo 1 > one; sleep 0.2; echo 1 >> one'),
      write('two', '2'),
      command('echo 3 > three; sleep 0.2; echo 3 >> three'),
    ];
    const script = inOrder({ calls }, { text: 'done' });
    const bench = await openWorkbench(script, { sandboxes: fixture.provider });
    try {
      const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
      const told = (await bench.events(threadId)).flatMap((event) =>
        event.type === 'workspace.changed' ? [event.data.files.map(({ path }) => path)] : [],
      );
      assert.deepEqual(told, [['one'], ['two'], ['three']]);
    } finally {
      await bench.close();
    }
  },
);
