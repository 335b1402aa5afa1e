import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ThreadEvent } from '#protocol/events.ts';
import type { ThreadView } from '#protocol/thread.ts';
import { textOf } from './stream-answer.ts';
import { firstMessage, scenario } from './testing/crash-child.ts';
import { openWorkbench, user, type Workbench } from './testing/workbench.ts';

interface Line {
  accepted?: { threadId: string; runId: string };
  decided?: { runId: string };
  points?: string[];
}

/** Runs the scenario in a process of its own; gives what it said before it died. */
function runChild(dataDir: string, crashAt: string): Promise<{ signal: string | null; lines: Line[] }> {
  const script = join(import.meta.dirname, 'testing', 'crash-child.ts');
  const child = spawn(process.execPath, [script, dataDir, crashAt], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      const lines = output.split('\n').filter(Boolean);
      resolve({ signal, lines: lines.map((line) => JSON.parse(line) as Line) });
    });
  });
}

function effects(dataDir: string, threadId: string): string[] {
  try {
    return readFileSync(join(dataDir, 'workspaces', threadId, 'effects.txt'), 'utf8')
      .trim()
      .split('\n');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

/** I8: ids without gaps, one terminal event for each run, and the events' text is the stored text. */
function assertStream(events: ThreadEvent[], thread: ThreadView): void {
  assert.deepEqual(
    events.map((event) => event.id),
    events.map((_event, index) => index + 1),
  );
  const started = events.flatMap((event) => (event.type === 'run.started' ? [event.data.runId] : []));
  const finished = events.flatMap((event) => (event.type === 'run.finished' ? [event.data.runId] : []));
  assert.deepEqual(finished, started);
  assert.equal(events.at(-1)?.type, 'run.finished');
  const texts = new Map<string, string>();
  for (const event of events)
    if (event.type === 'message.delta')
      texts.set(event.data.messageId, (texts.get(event.data.messageId) ?? '') + event.data.text);
  const stored = new Map(thread.messages.map((message) => [message.id, textOf(message.parts)]));
  for (const [id, text] of texts) assert.equal(stored.get(id), text, 'text that was shown is kept');
}

/** I2, I3: an effect has an approval, at most one happened, and a call that may have run says so. */
async function assertCalls(bench: Workbench, threadId: string, done: string[]): Promise<void> {
  assert.equal(new Set(done).size, done.length, 'no effect happened twice');
  for (const row of await bench.store.toolCalls.list(threadId)) {
    const effect = /echo (\w)/.exec(row.args)?.[1];
    if (effect === undefined) continue;
    if (done.includes(effect)) {
      assert.equal(row.decision?.action, 'approved');
      assert.ok(row.status === 'ok' || row.status === 'outcome_unknown');
    } else assert.notEqual(row.status, 'ok');
    if (row.state !== 'finished') assert.equal(row.state, 'proposed', 'only a pending review stays open');
  }
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
    assertStream(await bench.events(threadId), thread);
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
    assertStream(await bench.events(threadId), await bench.agent.getThread(user, threadId));
  } finally {
    await bench.close();
  }
}

test('kill -9 at every durable step: nothing acknowledged is lost, nothing runs twice (F16, F17, I1 to I8)', async () => {
  const root = mkdtempSync(join(tmpdir(), 'crosspoint-crash-'));
  try {
    const whole = await runChild(join(root, 'whole'), '');
    const points = whole.lines.at(-1)?.points ?? [];
    assert.ok(points.length >= 30, `only ${points.length} points`);
    assert.ok(points.includes('failover.committed:1'), 'the scenario has a failover in it');
    const queue = [...points];
    const work = async () => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const dataDir = join(root, point.replace(':', '-'));
        const { signal, lines } = await runChild(dataDir, point);
        assert.equal(signal, 'SIGKILL', `the process did not die at ${point}`);
        await assertRecovered(dataDir, lines).catch((cause: unknown) => {
          throw new Error(`after a kill at ${point}`, { cause });
        });
      }
    };
    await Promise.all([work(), work()]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
