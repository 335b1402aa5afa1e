import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Message } from '#protocol/message.ts';
import { textOf } from '../stream-answer.ts';
import { user, type Workbench } from './workbench.ts';

/** Runs a scenario in a process of its own; gives the lines that it wrote before it died. */
function runChild<Line>(
  program: string,
  dataDir: string,
  crashAt: string,
): Promise<{ signal: string | null; lines: Line[] }> {
  const script = join(import.meta.dirname, program);
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

/** The lines of `effects.txt` in the thread's workspace: what the commands of a scenario really did. */
export function effects(dataDir: string, threadId: string): string[] {
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
export function assertStream(events: ThreadEvent[], messages: readonly Message[]): void {
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
  const stored = new Map(messages.map((message) => [message.id, textOf(message.parts)]));
  for (const [id, text] of texts) assert.equal(stored.get(id), text, 'text that was shown is kept');
}

/** I2, I3: an effect has an approval, at most one happened, and a call that may have run says so. */
export async function assertCalls(bench: Workbench, threadId: string, done: string[]): Promise<void> {
  assert.equal(new Set(done).size, done.length, 'no effect happened twice');
  for (const row of await bench.store.toolCalls.list(threadId)) {
    const effect = /echo (\w+)/.exec(row.args)?.[1];
    if (effect === undefined) continue;
    if (done.includes(effect)) {
      assert.equal(row.decision?.action, 'approved');
      assert.ok(row.status === 'ok' || row.status === 'outcome_unknown');
    } else assert.notEqual(row.status, 'ok');
    if (row.state !== 'finished') assert.equal(row.state, 'proposed', 'only a pending review stays open');
  }
}

/** Counts the durable steps, and ends the process at the named one, `name:count`. */
export function crashPoints(crashAt: string) {
  const hits = new Map<string, number>();
  return {
    point(name: string): void {
      const count = (hits.get(name) ?? 0) + 1;
      hits.set(name, count);
      if (`${name}:${count}` === crashAt) process.kill(process.pid, 'SIGKILL');
    },
    all: (): string[] =>
      [...hits].flatMap(([name, count]) =>
        Array.from({ length: count }, (_value, index) => `${name}:${index + 1}`),
      ),
  };
}

/** Approves what waits for a review, step by step, until nothing does. */
export async function approvePending({ agent }: Workbench, threadId: string): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    const { runStatus } = await agent.getThread(user, threadId);
    if (runStatus !== 'awaiting_review') return;
    const { runId } = await agent.decide(user, { threadId, approval: { action: 'approved' } });
    await agent.answer(user, runId);
  }
}

/** I5: what a request was reserved for is settled, whatever became of it. */
export async function assertSettled({ store }: Workbench, threadId: string): Promise<void> {
  const rows = await store.ledger.list(user, { threadId });
  assert.ok(
    rows.every((row) => row.status !== 'reserved'),
    'I5: no attempt stays open',
  );
}

/** What the scenario must pass through, so that a kill there is tried at all. */
interface Wanted {
  atLeast: number;
  among: string[];
}

/**
 * Runs the scenario once to its end to learn its durable steps, then for each of them in a process that dies there;
 * `check` looks at what that left, two at a time.
 */
export async function killAtEachPoint<Line extends { points?: string[] }>(
  program: string,
  { atLeast, among }: Wanted,
  check: (dataDir: string, lines: Line[]) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'crosspoint-crash-'));
  try {
    const whole = await runChild<Line>(program, join(root, 'whole'), '');
    const points = whole.lines.at(-1)?.points ?? [];
    assert.ok(points.length >= atLeast, `only ${points.length} points`);
    for (const wanted of among) assert.ok(points.includes(wanted), `${wanted} is not in ${points.join(' ')}`);
    await atEachPoint(points, async (point) => {
      const dataDir = join(root, point.replace(':', '-'));
      const { signal, lines } = await runChild<Line>(program, dataDir, point);
      assert.equal(signal, 'SIGKILL', `the process did not die at ${point}`);
      await check(dataDir, lines);
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A kill at each of the points, two at a time. */
async function atEachPoint(
  points: readonly string[],
  check: (point: string) => Promise<void>,
): Promise<void> {
  const queue = [...points];
  const work = async () => {
    for (let point = queue.shift(); point !== undefined; point = queue.shift())
      await check(point).catch((cause: unknown) => {
        throw new Error(`after a kill at ${point}`, { cause });
      });
  };
  await Promise.all([work(), work()]);
}
