import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

const failsWith = (code: string) => (error: unknown) =>
  error instanceof CrosspointError && error.code === code;

test('a conversation goes on before a message, on a branch of its own, and what followed can be gone back to', async () => {
  const bench = await openWorkbench(
    inOrder({ text: 'One.' }, { text: 'Two.' }, { text: 'Another two.' }, { text: 'Another one.' }),
  );
  try {
    const { threadId } = await bench.run('First?');
    await bench.run({ threadId, message: 'Second?' });
    const shown = async () => {
      const { messages } = await bench.agent.getThread(user, threadId);
      return messages.map(({ parts }) => (parts[0]?.type === 'text' ? parts[0].text : ''));
    };
    const { messages } = await bench.agent.getThread(user, threadId);
    const [first, answer, second] = messages;
    assert.ok(first && answer && second);
    const branchId = await bench.agent.rewindConversation(user, threadId, second.id);
    assert.deepEqual(await shown(), ['First?', 'One.']);
    await bench.run({ threadId, message: 'Instead?' });
    assert.deepEqual(await shown(), ['First?', 'One.', 'Instead?', 'Another two.']);
    const asked = bench.gateway.requests.at(-1)?.messages ?? [];
    assert.doesNotMatch(JSON.stringify(asked), /Second|Two\./);
    await bench.agent.updateThread(user, threadId, { branchId: 0 });
    assert.deepEqual(await shown(), ['First?', 'One.', 'Second?', 'Two.']);
    await bench.agent.rewindConversation(user, threadId, first.id);
    assert.deepEqual(await shown(), []);
    await bench.run({ threadId, message: 'From the start?' });
    assert.deepEqual(await shown(), ['From the start?', 'Another one.']);
    const { forks } = await bench.agent.getThread(user, threadId);
    assert.deepEqual(
      forks.map(({ afterSeq, branchIds }) => [afterSeq, branchIds.length]),
      [[0, 2]],
    );
    assert.equal(branchId, 1);
    const types = (await bench.events(threadId)).filter(({ type }) => type === 'thread.branched');
    assert.equal(types.length, 3);
  } finally {
    await bench.close();
  }
});

test('only to a message of the person, never while something runs or waits, and never to what is not theirs', async () => {
  const call = { calls: [{ name: 'write_file', args: { path: 'a', content: 'b' } }] };
  const bench = await openWorkbench(inOrder({ text: 'One.' }, call));
  try {
    const { threadId } = await bench.run('First?');
    const [first, answer] = (await bench.agent.getThread(user, threadId)).messages;
    assert.ok(first && answer);
    await assert.rejects(bench.agent.rewindConversation(user, threadId, answer.id), failsWith('bad_request'));
    await assert.rejects(
      bench.agent.rewindConversation(user, threadId, 'message_none'),
      failsWith('not_found'),
    );
    await assert.rejects(bench.agent.rewindConversation('other', threadId, first.id), failsWith('not_found'));
    await bench.run({ threadId, message: 'Write.' });
    await assert.rejects(
      bench.agent.rewindConversation(user, threadId, first.id),
      failsWith('review_pending'),
    );
  } finally {
    await bench.close();
  }
});
