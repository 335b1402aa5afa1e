import { test } from 'node:test';
import assert from 'node:assert/strict';
import {
  approvePending,
  assertCalls,
  assertSettled,
  assertStream,
  effects,
  killAtEachPoint,
} from './testing/crash-checks.ts';
import { firstMessage, scenario } from './testing/crash-child.ts';
import { openWorkbench, user } from './testing/workbench.ts';

interface Line {
  accepted?: { threadId: string; runId: string };
  decided?: { runId: string };
  points?: string[];
}

async function assertRecovered(dataDir: string, lines: Line[]): Promise<void> {
  const bench = await openWorkbench(scenario, { dataDir });
  try {
    await bench.agent.recover();
    const acknowledged = lines.find((line) => line.accepted)?.accepted;
    // I1, I6: the same client message, sent again by a client that lost the answer, is the same run.
    const again = await bench.agent.start(user, firstMessage);
    if (acknowledged) assert.deepEqual(again, acknowledged);
    const { threadId } = again;
    await bench.agent
      .answer(user, again.runId)
      .catch((cause: Error) => assert.match(cause.message, /server stopped/));
    const done = effects(dataDir, threadId);
    const thread = await bench.agent.getThread(user, threadId);
    assert.equal(thread.messages.filter((message) => message.role === 'user').length, 1);
    assertStream(await bench.events(threadId), thread.messages);
    await assertCalls(bench, threadId, done);
    await assertSettled(bench, threadId);
    // The thread goes on: a pending review can be answered, anything else takes a message.
    await approvePending(bench, threadId);
    const answer = await bench.run({ message: 'Go on.', threadId, approvalMode: 'auto' });
    assert.ok('response' in answer);
    const total = effects(dataDir, threadId);
    assert.equal(new Set(total).size, total.length, 'going on repeated nothing');
    const { messages } = await bench.agent.getThread(user, threadId);
    assertStream(await bench.events(threadId), messages);
  } finally {
    await bench.close();
  }
}

test('kill -9 at every durable step: nothing acknowledged is lost, nothing runs twice (F16, F17, I1 to I8)', () =>
  killAtEachPoint<Line>('crash-child.ts', { atLeast: 30, among: ['failover.committed:1'] }, assertRecovered));
