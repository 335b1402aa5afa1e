import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ThreadView } from '#protocol/thread.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { targets } from '#tests/support/targets.ts';
import { randomFrom } from './support/random.ts';

const rounds = Number(process.env.KILL_ROUNDS ?? 40);
/** A round is repeated by its number alone. */
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
/** Milliseconds after which no further round begins, so that a slow machine bounds the test too. */
const budgetMs = 45_000;
const fewestRounds = 10;

const steps = 3;

/** Each command leaves a line that no other command leaves, after a moment in which it can be killed. */
function append({ number, step, lastUserText }: Asked): Answer {
  if (/review/.test(lastUserText) && step === 0)
    return { calls: [{ name: 'run_terminal_command', args: { command: 'echo reviewed >> reviewed.txt' } }] };
  if (step >= steps) return { text: `Done with ${lastUserText}.` };
  const command = (call: number) => ({
    name: 'run_terminal_command',
    args: { command: `sleep 0.0${call}; echo line-${number}-${call} >> effects.txt; sleep 0.02` },
  });
  return { text: `Step ${step} of ${lastUserText}.`, calls: [command(1), command(2)] };
}

let providers: Providers;
before(async () => (providers = await startProviders({ script: append })));
after(() => providers.close());

async function linesOf(crosspoint: Crosspoint, threadId: string, path: string): Promise<string[]> {
  const answer = await crosspoint.request('GET', `/api/threads/${threadId}/files/content?path=${path}`);
  const body = (await answer.json()) as { content?: string };
  // A file that no command has written yet does not exist.
  assert.ok(answer.ok || answer.status === 404, JSON.stringify(body));
  return (body.content ?? '').split('\n').filter(Boolean);
}

/**
 * Sends a message and resolves with the thread's id, null when the server died before it acknowledged.
 * @param until the event that is waited for
 */
async function send(
  crosspoint: Crosspoint,
  command: object,
  until: 'run.started' | 'tool.started',
): Promise<string | null> {
  let threadId: string | null = null;
  try {
    for await (const event of crosspoint.stream(command)) {
      if (event.type === 'run.started') ({ threadId } = event.data);
      if (event.type === until) break;
    }
    return threadId;
  } catch (cause) {
    // The connection broke: nothing was promised.
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}

/** I1 to I4 of one thread: what is recorded is what happened, and nothing happened twice. */
function check(view: ThreadView, lines: readonly string[], said: readonly string[]): void {
  const texts = view.messages
    .filter(({ role }) => role === 'user')
    .map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join(''));
  for (const text of said) assert.equal(texts.filter((each) => each === text).length, 1, `"${text}" once`);
  assert.equal(new Set(lines).size, lines.length, `a command ran twice: ${lines.join(' ')}`);
  const known = new Set<string>();
  for (const { args, state, status, decision, toolCallId } of view.toolCalls) {
    const line = /line-\d+-\d/.exec(args)?.[0] ?? '';
    known.add(line);
    assert.equal(state, 'finished', `${toolCallId} has an end`);
    if (status === 'ok') assert.ok(lines.includes(line), `${line} is said to have run, and did not`);
    if (!lines.includes(line)) continue;
    assert.equal(decision?.action, 'approved', `${line} ran without a decision`);
    assert.ok(status === 'ok' || status === 'outcome_unknown', `${line} ran, and is told as ${status}`);
  }
  for (const line of lines) assert.ok(known.has(line), `${line} ran and is not in the record`);
}

test(`kill -9 while commands run in the sandbox: acknowledged messages stay, no command runs twice, the thread goes on (F16, F17, I1 to I4; KILL_SEED=${seed})`, async (context) => {
  const crosspoint = await Crosspoint.start(providers.env());
  const random = randomFrom(seed);
  const until = performance.now() + budgetMs;
  const { provider, model } = targets.openai;
  const modelConfig = { provider, model };
  const said: string[] = [];
  let unknown = 0;
  let round = 0;
  try {
    const review = await crosspoint.say({ message: 'review', modelConfig });
    assert.ok('interrupt' in review);
    const first = await send(
      crosspoint,
      { message: 'begin', modelConfig, approvalMode: 'auto' },
      'run.started',
    );
    assert.ok(first);
    said.push('begin');
    for (; round < rounds && (round < fewestRounds || performance.now() < until); round++) {
      // Every other kill meets a command that has just begun, however slow the machine is.
      await sleep(random() * (round % 2 ? 60 : 300));
      await crosspoint.kill();
      await crosspoint.restart();
      const view = await crosspoint.thread(first);
      assert.notEqual(view.runStatus, 'running', 'nothing runs that nobody started');
      // Lines stay in the file and rows in the record: what one check leaves out, the next one finds.
      if (round % 5 === 0) check(view, await linesOf(crosspoint, first, 'effects.txt'), said);
      const message = `go on ${round}`;
      const command = { threadId: first, message, approvalMode: 'auto' };
      if (await send(crosspoint, command, round % 2 ? 'run.started' : 'tool.started')) said.push(message);
    }
    await crosspoint.kill();
    await crosspoint.restart();
    const answer = await crosspoint.say({ threadId: first, message: 'the last' });
    assert.ok('response' in answer && answer.response.endsWith('Done with the last.'));
    const view = await crosspoint.thread(first);
    check(view, await linesOf(crosspoint, first, 'effects.txt'), [...said, 'the last']);
    unknown = view.toolCalls.filter(({ status }) => status === 'outcome_unknown').length;
    // I2: what waits for a person has waited through every crash, and runs once when it is allowed to.
    assert.deepEqual(await linesOf(crosspoint, review.threadId, 'reviewed.txt'), []);
    await crosspoint.decide(review.threadId, { action: 'approved' });
    assert.deepEqual(await linesOf(crosspoint, review.threadId, 'reviewed.txt'), ['reviewed']);
    assert.equal(said.length, round + 1, 'every round was acknowledged');
    assert.ok(unknown > 0, 'no kill met a running command');
    assert.deepEqual(providers.refusals, [], 'no request dangled');
    assert.deepEqual(providers.mistakes, []);
    context.diagnostic(`${round} kills, ${view.toolCalls.length} commands, ${unknown} of unknown outcome`);
  } finally {
    await crosspoint.kill();
    await crosspoint.remove();
  }
});
