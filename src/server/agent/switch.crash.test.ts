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
import { firstMessage, scenario } from './testing/crash-switch-child.ts';
import { openWorkbench, user, type Workbench } from './testing/workbench.ts';

interface Line {
  accepted?: { threadId: string; runId: string };
  points?: string[];
}

/** The thread's model is what its last switch says, and each switch begins where the one before it ended. */
async function assertSwitches(bench: Workbench, threadId: string): Promise<void> {
  const events = await bench.events(threadId);
  const switches = events.flatMap((event) => (event.type === 'model.switched' ? [event.data] : []));
  const { modelConfig } = await bench.agent.getThread(user, threadId);
  let current = 'red/red-1';
  for (const { from, to } of switches) {
    assert.equal(from, current);
    current = to;
  }
  assert.equal(`${modelConfig.provider}/${modelConfig.model}`, current);
}

async function assertRecovered(dataDir: string, lines: Line[]): Promise<void> {
  const bench = await openWorkbench(scenario, { dataDir });
  try {
    await bench.agent.recover();
    const again = await bench.agent.start(user, firstMessage);
    const acknowledged = lines.find((line) => line.accepted)?.accepted;
    if (acknowledged) assert.deepEqual(again, acknowledged, 'the same message is the same run');
    const { threadId } = again;
    await bench.agent
      .answer(user, again.runId)
      .catch((cause: Error) => assert.match(cause.message, /server stopped/));
    const thread = await bench.agent.getThread(user, threadId);
    assertStream(await bench.events(threadId), thread.messages);
    await assertCalls(bench, threadId, effects(dataDir, threadId));
    await assertSwitches(bench, threadId);
    await assertSettled(bench, threadId);
    await approvePending(bench, threadId);
    for (const modelName of ['blue', 'red']) {
      const answer = await bench.run({ message: 'Go on.', threadId, modelName, approvalMode: 'auto' });
      assert.ok('response' in answer);
    }
    const total = effects(dataDir, threadId);
    assert.equal(new Set(total).size, total.length, 'going on repeated nothing');
    const { messages } = await bench.agent.getThread(user, threadId);
    assertStream(await bench.events(threadId), messages);
    await assertSwitches(bench, threadId);
  } finally {
    await bench.close();
  }
}

test('kill -9 at every durable step around a switch, while a request is open, at a review and in a failover: the record is whole and both models go on (F16, I1 to I8)', () =>
  killAtEachPoint<Line>(
    'crash-switch-child.ts',
    { atLeast: 25, among: ['switch.committed:1', 'decide.committed:3', 'failover.committed:1'] },
    assertRecovered,
  ));
