import { test } from 'node:test';
import assert from 'node:assert/strict';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

test('a thread is answered from kept answers only when it says so, and one that answers again asks for another one', async () => {
  const bench = await openWorkbench(inOrder({ text: 'one' }, { text: 'two' }, { text: 'three' }));
  try {
    const { threadId } = await bench.run('hello');
    const changed = await bench.agent.updateThread(user, threadId, { cacheAnswers: true });
    assert.equal(changed.cacheAnswers, true);
    await bench.run({ message: 'more', threadId });
    const messageId = (await bench.store.messages.list(threadId)).at(-1)?.id ?? '';
    const { runId } = await bench.agent.answerAgain(user, { threadId, messageId });
    await bench.agent.answer(user, runId);
    const asked = bench.gateway.requests.map(({ context }) => context.cacheAnswers?.seed);
    assert.deepEqual(asked, [undefined, '0', '1']);
  } finally {
    await bench.close();
  }
});
