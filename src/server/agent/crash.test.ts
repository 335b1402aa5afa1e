import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assertCalls, assertStream, atEachPoint, effects, runChild } from './testing/crash-checks.ts';
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
    let thread = await bench.agent.getThread(user, threadId);
    assert.equal(thread.messages.filter((message) => message.role === 'user').length, 1);
    assertStream(await bench.events(threadId), thread.messages);
    await assertCalls(bench, threadId, done);
    const rows = await bench.store.ledger.list(user, { threadId });
    assert.ok(
      rows.every((row) => row.status !== 'reserved'),
      'I5: no attempt stays open',
    );
    // The thread goes on: a pending review can be answered, anything else takes a message.
    for (let count = 0; thread.runStatus === 'awaiting_review' && count < 3; count += 1) {
      const { runId } = await bench.agent.decide(user, { threadId, approval: { action: 'approved' } });
      await bench.agent.answer(user, runId);
      thread = await bench.agent.getThread(user, threadId);
    }
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

test('kill -9 at every durable step: nothing acknowledged is lost, nothing runs twice (F16, F17, I1 to I8)', async () => {
  const root = mkdtempSync(join(tmpdir(), 'crosspoint-crash-'));
  try {
    const whole = await runChild<Line>('crash-child.ts', join(root, 'whole'), '');
    const points = whole.lines.at(-1)?.points ?? [];
    assert.ok(points.length >= 30, `only ${points.length} points`);
    assert.ok(points.includes('failover.committed:1'), 'the scenario has a failover in it');
    await atEachPoint(points, async (point) => {
      const dataDir = join(root, point.replace(':', '-'));
      const { signal, lines } = await runChild<Line>('crash-child.ts', dataDir, point);
      assert.equal(signal, 'SIGKILL', `the process did not die at ${point}`);
      await assertRecovered(dataDir, lines);
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
