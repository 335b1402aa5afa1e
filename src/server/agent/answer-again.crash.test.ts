import { test } from 'node:test';
import assert from 'node:assert/strict';
import { pathTo } from '#server/store/branch-path.ts';
import { againCommand, scenario, type Line } from './testing/crash-again-child.ts';
import {
  approvePending,
  assertCalls,
  assertStream,
  effects,
  killAtEachPoint,
} from './testing/crash-checks.ts';
import { openWorkbench, user, type Workbench } from './testing/workbench.ts';

/** The rows of all branches, each once. */
async function allMessages({ store }: Workbench, threadId: string) {
  const branches = await store.branches.list(threadId);
  const lists = await Promise.all(
    [0, ...branches.map(({ id }) => id)].map((id) =>
      store.messages.list(threadId, { path: pathTo(branches, id) }),
    ),
  );
  return [...new Map(lists.flat().map((message) => [message.id, message])).values()];
}

/** The other answer is as it was, the branch's own run has ended on it, and the thread goes on there. */
async function assertRecovered(dataDir: string, lines: Line[]): Promise<void> {
  const { before } = lines[0] ?? {};
  assert.ok(before);
  const { threadId, messageId } = before;
  const bench = await openWorkbench(scenario, { dataDir });
  try {
    await bench.agent.recover();
    const again = await bench.agent.answerAgain(user, { threadId, messageId, ...againCommand });
    const accepted = lines.find((line) => line.accepted)?.accepted;
    if (accepted) assert.deepEqual(again, accepted, 'the same command is the same run');
    await bench.agent
      .answer(user, again.runId)
      .catch((cause: Error) => assert.match(cause.message, /server stopped/));
    const thread = await bench.agent.getThread(user, threadId);
    assert.deepEqual(thread.forks, [{ afterSeq: 3, branchIds: [0, 1], active: 1 }]);
    assertStream(await bench.events(threadId), await allMessages(bench, threadId));
    await assertCalls(bench, threadId, effects(dataDir, threadId));
    await approvePending(bench, threadId);
    await bench.run({ message: 'Go on.', threadId, approvalMode: 'auto' });
    const total = effects(dataDir, threadId);
    assert.equal(new Set(total).size, total.length, 'going on repeated nothing');
    assert.deepEqual(total.slice(0, 3), ['red0', 'red1', 'red2'], 'what had run is not run again');
    await bench.agent.updateThread(user, threadId, { branchId: 0 });
    const { messages } = await bench.agent.getThread(user, threadId);
    assert.equal(JSON.stringify(messages), before.messages, 'the other answer is as it was');
  } finally {
    await bench.close();
  }
}

test('kill -9 at every durable step of answering again: both answers stay, nothing runs twice (F16, I1 to I8)', () =>
  killAtEachPoint<Line>(
    'crash-again-child.ts',
    { atLeast: 20, among: ['answer_again.committed:1'] },
    assertRecovered,
  ));
