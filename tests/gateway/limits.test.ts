import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, beforeEach, test } from 'node:test';
import type { ThreadsAnswer } from '#protocol/answers.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import { timelineOf } from '#ui/client/timeline.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { targets } from '#tests/support/targets.ts';
import { eventually, openLiveGateway, saying, type LiveGateway } from './support/live-gateway.ts';

/** Limits of providers, limits of users and budgets through the real process: of the agent with a chain, and of `/v1`. */

/** Room for one call, however large; what it used beyond a token is owed for longer than any test takes. */
const once = { tokensPerMinute: 1 };
const plenty = { usd: 100, period: 'total' };
const owner = { '*': { budget: plenty } };
const sameProvider: ModelConfig = { provider: 'openai', model: 'gpt-4.1' };

/** Who refuses our key. */
let failing: string | null = null;
/** Makes one call of a tool, then ends the turn. */
function talk({ provider, model, toolResults, tools, lastUserText }: Asked): Answer {
  if (provider === failing) return { fault: { kind: 'status', status: 401 } };
  if (/Act/.test(lastUserText) && tools.length && !toolResults.length)
    return {
      text: 'First.',
      calls: [{ name: 'run_terminal_command', args: { command: 'echo one >> log.txt' } }],
    };
  return { text: `${model} is done.` };
}

let live: LiveGateway;
before(async () => {
  live = await openLiveGateway({}, { script: talk, gateway: configOf({}) });
});
beforeEach(() => (failing = null));
after(() => live[Symbol.asyncDispose]());

function configOf(limits: object): object {
  return { limits: { users: owner, ...limits } };
}

/** The same process anew under other limits; what was spent and what is owed stays. */
async function restartWith(limits: object): Promise<void> {
  writeFileSync(join(live.crosspoint.dataDir, 'gateway.json'), JSON.stringify(configOf(limits)));
  await live.crosspoint.restart();
}

const switchesIn = (events: readonly ThreadEvent[]) =>
  events.flatMap((event) => (event.type === 'model.switched' ? [event.data] : []));

/** The lines between the answers of a thread, as the page shows them when it is opened. */
async function linesOnThePage(threadId: string): Promise<string[]> {
  const { entries } = timelineOf(await live.crosspoint.thread(threadId));
  return entries.flatMap((entry) => {
    if (entry.kind !== 'note') return [];
    const { note } = entry;
    if (note.type === 'switched') return [`${note.to}: ${note.reason ?? ''}`];
    return note.type === 'ended' ? [`${note.status}: ${note.error ?? ''}`] : [];
  });
}

/** USD that the user has spent, as the limits count it, and what is held. */
function ownBudget(): { spent: number; held: number } {
  const limits = new DatabaseSync(join(live.crosspoint.dataDir, 'limits.db'), { readOnly: true });
  try {
    const sum = (sql: string) => Number(limits.prepare(sql).get()?.sum ?? 0) / 1e9;
    return {
      spent: sum(`select sum(nano_usd) as sum from spent where subject like 'user:%'`),
      held: sum('select sum(nano_usd) as sum from reservations'),
    };
  } finally {
    limits.close();
  }
}

/** Each request that a provider got is a row, and the budget has counted exactly what the rows say. */
async function assertCounted(): Promise<void> {
  await eventually('what was spent is what the ledger says, and nothing is held', () => {
    const rows = live.rows();
    const cost = rows.reduce((sum, row) => sum + (row.cost_usd ?? NaN), 0);
    const { spent, held } = ownBudget();
    const isOver = rows.length === requests().length && held === 0;
    return isOver && cost > 0 && Math.abs(spent - cost) < 1e-8;
  });
}

/** Requests for an answer; a server on this machine is also asked for its list of models, whenever that is due. */
const requests = () => live.providers.requests.filter(({ provider }) => provider !== 'compatible');

/** Which providers were asked meanwhile, in order. */
async function askedBy<Result>(work: () => Promise<Result>): Promise<{ result: Result; asked: string[] }> {
  const before = requests().length;
  const result = await work();
  return {
    result,
    asked: requests()
      .slice(before)
      .map(({ provider }) => provider),
  };
}

/** A turn that ends with a failure, and what the seams of its thread say. */
async function refusedTurn(modelConfig: ModelConfig, fallbackModels: ModelConfig[]) {
  const command = { message: 'Act.', modelConfig, fallbackModels, approvalMode: 'auto' };
  const { result, asked } = await askedBy(async () => {
    const response = await live.crosspoint.request('POST', '/api/agent', command);
    return { status: response.status, text: await response.text() };
  });
  const { threads } = await live.crosspoint.api<ThreadsAnswer>('GET', '/api/threads');
  const threadId = threads[0]?.id ?? '';
  const switches = switchesIn(await live.crosspoint.events(threadId));
  return { ...result, asked, switches, lines: await linesOnThePage(threadId) };
}

test("where a provider's own limit has no room, the chain of the thread continues the same step with the next model that has, and says why", async () => {
  await restartWith({ providers: { openai: once } });
  const { result: answer, asked } = await askedBy(() =>
    live.crosspoint.say({
      message: 'Act.',
      modelConfig: targets.openai,
      fallbackModels: [sameProvider, targets.anthropic],
      approvalMode: 'auto',
    }),
  );
  assert.deepEqual(asked, ['openai', 'anthropic']);
  assert.ok('response' in answer);
  assert.equal(answer.response, 'claude-sonnet-4-6 is done.');
  const switches = switchesIn(await live.crosspoint.events(answer.threadId));
  assert.deepEqual(
    switches.map(({ from, to, by }) => `${from} → ${to} by ${by}`),
    [
      'openai/gpt-5.4 → openai/gpt-4.1 by failover',
      'openai/gpt-4.1 → anthropic/claude-sonnet-4-6 by failover',
    ],
  );
  for (const { reason } of switches)
    assert.match(reason ?? '', /^The provider openai may use 1 tokens a minute\. Try again in \d+ s\.$/);
  assert.deepEqual(
    await linesOnThePage(answer.threadId),
    switches.map(({ to, reason }) => `${to}: ${reason}`),
  );
  const { toolCalls } = await live.crosspoint.thread(answer.threadId);
  assert.deepEqual(
    toolCalls.map(({ status }) => status),
    ['ok'],
  );
  await assertCounted();
});

test('a chain of /v1 leaves out a provider without room, at its beginning and where it would move on to it, and a lonely one is a 429', async () => {
  await restartWith({ providers: { openai: once } });
  const ask = async (model: string) => {
    const { path, body } = saying('openai-chat', model, false, 'Hello?');
    const { result, asked } = await askedBy(async () => {
      const response = await live.post(path, body);
      return { status: response.status, headers: response.headers, text: await response.text() };
    });
    return { ...result, asked };
  };
  const first = await ask('openai/gpt-4.1,groq/openai/gpt-oss-120b');
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(first.asked, ['groq']);
  assert.equal(first.headers.get('crosspoint-attempts'), '1');
  failing = 'groq';
  const moved = await ask('groq/openai/gpt-oss-120b,openai/gpt-4.1,anthropic/claude-haiku-4-5');
  assert.equal(moved.status, 200, moved.text);
  assert.deepEqual(moved.asked, ['groq', 'anthropic']);
  assert.equal(moved.headers.get('crosspoint-attempts'), '2');
  const ended = await ask('openrouter/qwen/qwen3-coder,openai/gpt-4.1');
  assert.deepEqual([ended.status, ended.asked], [200, ['openrouter']], ended.text);
  failing = 'openrouter';
  const none = await ask('openrouter/qwen/qwen3-coder,openai/gpt-4.1');
  assert.deepEqual([none.status, none.asked], [429, ['openrouter']], none.text);
  assert.match(none.text, /The provider openai may use 1 tokens a minute/);
  assert.ok(Number(none.headers.get('retry-after')) > 60);
  const lonely = await ask('openai/gpt-4.1');
  assert.deepEqual([lonely.status, lonely.asked], [429, []], lonely.text);
  assert.ok(Number(lonely.headers.get('retry-after')) > 60);
  await assertCounted();
});

test("the user's own limit ends the turn whatever the chain holds: it is the same with every model", async () => {
  await restartWith({ users: { '*': { ...once, budget: plenty } } });
  const { status, text, asked, switches } = await refusedTurn(targets.anthropic, [targets.openai]);
  assert.equal(status, 429, text);
  assert.match(text, /The user .+ may use 1 tokens a minute/);
  assert.deepEqual(
    [asked, switches],
    [['anthropic'], []],
    'the first step passed, and nobody was asked after it',
  );
  await assertCounted();
});

test('a spent budget ends the turn before anybody is asked, whatever the chain holds, also after a restart', async () => {
  await restartWith({ users: { '*': { budget: { usd: 0.000001, period: 'total' } } } });
  const { status, text, asked, switches, lines } = await refusedTurn(targets.anthropic, [targets.openai]);
  assert.equal(status, 402, text);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^error: The budget of \$0\.000001 of the user .+ is spent/);
  assert.match(text, /The budget of \$0\.000001 of the user .+ is spent/);
  assert.deepEqual([asked, switches], [[], []]);
});
