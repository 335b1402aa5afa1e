import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import type { ThreadsAnswer } from '#protocol/answers.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import {
  startProviders,
  type Answer,
  type Asked,
  type Fault,
  type Providers,
} from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { targetNames, targets, type TargetName } from './support/targets.ts';

/** Of every deadline; the gateway's retries still happen. */
const scale = '0.02';
const append = (text: string) => ({
  name: 'run_terminal_command',
  args: { command: `echo ${text} >> log.txt` },
});

let providers: Providers;
let crosspoint: Crosspoint;
/** Who fails in the middle of the turn, and how. */
let failing: { name: TargetName; fault: Fault } | null = null;

/** Makes a call, then two more, then ends the turn; whoever fails does so where the two calls are due. */
function talk({ provider, model, toolResults, lastUserText }: Asked): Answer {
  if (toolResults.length === 0) return { reasoning: 'I begin.', text: 'First.', calls: [append('one')] };
  if (toolResults.length > 1) return { reasoning: 'Enough.', text: `${model} is done.` };
  const fault = failing?.name === provider ? { fault: failing.fault } : {};
  return {
    reasoning: 'On.',
    text: 'Then two more.',
    calls: [append('two'), append('three')],
    paceMs: /slowly/.test(lastUserText) ? 100 : 0,
    ...fault,
  };
}

before(async () => {
  providers = await startProviders({ script: talk });
  crosspoint = await Crosspoint.start({ ...providers.env(), CROSSPOINT_DEADLINE_SCALE: scale });
});
beforeEach(() => (failing = null));
after(async () => {
  await crosspoint.remove();
  await providers.close();
});

const status = (code: number): Fault => ({
  kind: 'status',
  status: code,
  headers: { 'retry-after-ms': '5' },
});
const ways: Record<string, Fault> = {
  '503 for good': status(503),
  '429 for good': status(429),
  '401': status(401),
  'cut in the middle of the text': { kind: 'cut', after: 'text', how: 'reset' },
  'cut in the middle of a call': { kind: 'cut', after: 'call', how: 'close' },
  'an error inside the stream': { kind: 'error-event', after: 'text', status: 529 },
  'no answer at all': { kind: 'hang' },
};

const nameOf = (target: TargetName) => `${targets[target].provider}/${targets[target].model}`;
const nextOf = (name: TargetName) =>
  targetNames[(targetNames.indexOf(name) + 1) % targetNames.length] as TargetName;

function switchesIn(events: readonly ThreadEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'model.switched' ? [`${event.data.from} → ${event.data.to} by ${event.data.by}`] : [],
  );
}

/** Each effect once, each call with its one result, the chain's next model ended the turn, and nobody refused a request. */
async function assertContinued(
  threadId: string,
  response: string,
  from: TargetName,
  to: TargetName,
  runs = 1,
): Promise<void> {
  assert.equal(response, `${targets[to].model} is done.`);
  const { content } = await crosspoint.api<{ content: string }>(
    'GET',
    `/api/threads/${threadId}/files/content?path=log.txt`,
  );
  assert.deepEqual(content.trim().split('\n').toSorted(), ['one', 'three', 'two']);
  const { toolCalls, modelConfig } = await crosspoint.thread(threadId);
  assert.deepEqual(
    toolCalls.map((call) => call.status),
    ['ok', 'ok', 'ok'],
  );
  assert.deepEqual(modelConfig, targets[to]);
  const events = await crosspoint.events(threadId);
  assert.deepEqual(switchesIn(events), [`${nameOf(from)} → ${nameOf(to)} by failover`]);
  assert.equal(events.filter(({ type }) => type === 'run.finished').length, runs);
  assert.deepEqual(providers.refusals, []);
  assert.deepEqual(providers.mistakes, []);
}

for (const from of targetNames)
  for (const [way, fault] of Object.entries(ways))
    test(`${from}, ${way}: the next model continues the same step, and every effect happens once`, async () => {
      const to = nextOf(from);
      failing = { name: from, fault };
      const answer = await crosspoint.say({
        message: 'Go.',
        modelConfig: targets[from],
        fallbackModels: [targets[to]],
        approvalMode: 'auto',
      });
      assert.ok('response' in answer);
      await assertContinued(answer.threadId, answer.response, from, to);
      failing = null;
      const { threadId } = answer;
      const back = await crosspoint.say({ message: 'And back.', threadId, modelConfig: targets[from] });
      await crosspoint.approveAll(back);
      assert.deepEqual(providers.refusals, []);
    });

for (const from of targetNames)
  test(`${from} goes away in the middle of a turn: connections are refused, and the next model continues`, async () => {
    const to = nextOf(from);
    const command = { message: 'Go.', modelConfig: targets[from], fallbackModels: [targets[to]] };
    const asked = await crosspoint.say(command);
    assert.ok('interrupt' in asked);
    await providers[from].stop();
    try {
      const answer = await crosspoint.approveAll(asked);
      assert.equal(answer.response, `${targets[to].model} is done.`);
      const events = await crosspoint.events(answer.threadId);
      assert.deepEqual(switchesIn(events), [`${nameOf(from)} → ${nameOf(to)} by failover`]);
      assert.deepEqual(providers.refusals, []);
    } finally {
      await providers[from].start();
    }
  });

test('kill -9 right after the switch: it stays, nothing runs twice, and the next message goes on with the next model', async () => {
  failing = { name: 'openai', fault: status(503) };
  const command = {
    message: 'Go, slowly.',
    modelConfig: targets.openai,
    fallbackModels: [targets.anthropic],
  };
  let threadId = '';
  for await (const event of crosspoint.stream({ ...command, approvalMode: 'auto' })) {
    if (event.type === 'run.started') ({ threadId } = event.data);
    if (event.type === 'model.switched') break;
  }
  await crosspoint.kill();
  await crosspoint.restart();
  const { runStatus, modelConfig } = await crosspoint.thread(threadId);
  assert.deepEqual([runStatus, modelConfig], ['interrupted', targets.anthropic]);
  const answer = await crosspoint.say({ message: 'Go on.', threadId });
  assert.ok('response' in answer);
  await assertContinued(threadId, answer.response, 'openai', 'anthropic', 2);
});

test('all that a chain holds fails: the run ends with the last error and the number of models, and can go on', async () => {
  const [first, second] = ['openai', 'groq'] as const;
  await Promise.all([providers[first].stop(), providers[second].stop()]);
  try {
    const response = await crosspoint.request('POST', '/api/agent', {
      message: 'Go.',
      modelConfig: targets[first],
      fallbackModels: [nameOf(second)],
    });
    const body = (await response.json()) as { error: string; code: string };
    assert.deepEqual([response.status, body.code], [502, 'provider_unreachable']);
    assert.ok(body.error.startsWith('Groq cannot be reached'), body.error);
    assert.ok(body.error.endsWith(`2 models were tried: ${nameOf(first)}, ${nameOf(second)}.`), body.error);
  } finally {
    await Promise.all([providers[first].start(), providers[second].start()]);
  }
  const { threads } = await crosspoint.api<ThreadsAnswer>('GET', '/api/threads');
  const again = await crosspoint.say({ message: 'Again.', threadId: threads[0]?.id });
  assert.equal((await crosspoint.approveAll(again)).response, `${targets[second].model} is done.`);
});

test('a chain that cannot be is refused with its typed error, and nothing is started', async () => {
  const before = providers.requests.length;
  const bodies: [unknown, string][] = [
    [[{ provider: 'nobody', model: 'x' }], 'unknown_provider'],
    [['no-such-preset'], 'invalid_model_preset'],
    [Array.from({ length: 6 }, () => nameOf('groq')), 'bad_request'],
    ['openai', 'bad_request'],
  ];
  for (const [fallbackModels, code] of bodies) {
    const response = await crosspoint.request('POST', '/api/agent', { message: 'Go.', fallbackModels });
    assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [400, code]);
  }
  assert.equal(providers.requests.length, before);
});
