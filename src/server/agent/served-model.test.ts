import { test } from 'node:test';
import assert from 'node:assert/strict';
import { command, rejectsWith, response } from './testing/steps.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';

async function notices(bench: Workbench, threadId: string): Promise<string[]> {
  const events = await bench.events(threadId);
  return events.flatMap((event) =>
    event.type === 'notice' ? [`${event.data.code}: ${event.data.message}`] : [],
  );
}

const differs = (served: string) => `served_model_differs: Asked red/red-1, served ${served}.`;

test('another model than was asked is told once for each pair in a run, and again in the next run', async () => {
  const served = (servedModel: string) => ({ calls: [command('true')], servedModel });
  const bench = await openWorkbench(
    inOrder(
      served('pink'),
      served('pink'),
      served('RED-1-2026-01-02'),
      served('rose'),
      { text: 'x' },
      { text: 'again', servedModel: 'pink' },
    ),
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    await bench.run({ message: 'more', threadId });
    const told = (await notices(bench, threadId)).filter((notice) => notice.startsWith('served'));
    assert.deepEqual(told, [differs('pink'), differs('rose'), differs('pink')]);
    assert.equal((await bench.store.usage.servedModels(user)).length, 3);
  } finally {
    await bench.close();
  }
});

test('a thread that pauses on it ends the run after the answer: its calls are not run, and the thread can go on', async () => {
  const bench = await openWorkbench(
    inOrder(
      { text: 'ok' },
      { text: 'I run it.', calls: [command('echo x > a.txt')], servedModel: 'pink' },
      { text: 'on' },
    ),
  );
  try {
    const { threadId } = await bench.run('hello');
    const changed = await bench.agent.updateThread(user, threadId, {
      pauseOnMismatch: true,
      approvalMode: 'auto',
    });
    assert.equal(changed.pauseOnMismatch, true);
    const { runId } = await bench.agent.start(user, { message: 'go', threadId });
    await rejectsWith(bench.agent.answer(user, runId), 'served_model_differs');
    assert.throws(() => bench.file(threadId, 'a.txt'));
    assert.deepEqual(
      (await bench.results(threadId)).map(({ status }) => status),
      ['not_run'],
    );
    const last = (await bench.store.messages.list(threadId)).findLast(({ role }) => role === 'assistant');
    assert.equal(last?.status, 'complete');
    assert.equal(response(await bench.run({ message: 'Continue.', threadId })), 'on');
  } finally {
    await bench.close();
  }
});
