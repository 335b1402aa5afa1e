import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import type { UsageAnswer } from '#protocol/answers.ts';
import type { Compaction, CompactionAnswer } from '#protocol/compaction.ts';
import type { ThreadEvent } from '#protocol/events.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import {
  startProviders,
  type Answer,
  type Asked,
  type Providers,
  type Received,
} from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { eventually } from './support/eventually.ts';
import { targets } from './support/targets.ts';

/** Of 1,000,000 tokens, and of 131,072. */
const large = targets.anthropic;
const small = targets.groq;
const writer: ModelConfig = { provider: 'openai', model: 'gpt-4.1' };
/** Nobody tells the window of this one; and of that one its server does. */
const unknown: ModelConfig = { provider: 'own', model: 'unknown-window' };
const tiny: ModelConfig = { provider: 'listed', model: 'tiny-window' };
const middle: ModelConfig = { provider: 'listed', model: 'middle-window' };

let providers: Providers;
let crosspoint: Crosspoint;
/** What a model answers that is asked for a summary. */
let summary: (asked: Asked) => Answer = () => ({ text: 'They spoke of kites.' });
let talk: (asked: Asked) => Answer = ({ model }) => ({ text: `${model} heard it.` });

/** Requests that were refused; a look at a list that is not there is none. */
const overflows = () => providers.refusals.filter(({ path }) => path !== '/api/show').length;
const wantsSummary = ({ system }: Asked) => system.startsWith('You write the summary');

before(async () => {
  providers = await startProviders({
    script: (asked) => (wantsSummary(asked) ? summary(asked) : talk(asked)),
    models: { compatible: [tiny.model, middle.model] },
  });
  providers.windows
    .set(small.model, 131_072)
    .set(unknown.model, 9_000)
    .set(tiny.model, 3_000)
    .set(middle.model, 32_000);
  const { baseUrl } = providers.compatible;
  const custom = [
    { id: 'own', label: 'Own', baseUrl, models: [unknown.model] },
    { id: 'listed', label: 'Listed', baseUrl },
  ];
  crosspoint = await Crosspoint.start({
    ...providers.env(),
    CUSTOM_PROVIDERS: JSON.stringify(custom),
    CROSSPOINT_DEADLINE_SCALE: '0.1',
  });
});
beforeEach(() => {
  summary = () => ({ text: 'They spoke of kites.' });
  talk = ({ model }) => ({ text: `${model} heard it.` });
});
after(async () => {
  await crosspoint.remove();
  await providers.close();
});

/** Characters of a story that begins and ends with a word of its own, and does not repeat. */
function story(name: string, length: number): string {
  let text = `${name}-begins.`;
  for (let line = 0; text.length < length; line += 1)
    text += ` In line ${line} of ${name} they flew kite ${line * 7}.`;
  return `${text} ${name}-ends.`;
}

/** Four long messages to the large model: too long for the small one, by far. */
async function longThread(): Promise<string> {
  let threadId: string | undefined;
  for (const name of ['alpha', 'beta', 'gamma', 'delta']) {
    const where = threadId ? { threadId } : { modelConfig: large };
    ({ threadId } = await crosspoint.say({ message: story(name, 180_000), ...where }));
  }
  return threadId as string;
}

const preview = (threadId: string, modelConfig: ModelConfig) =>
  crosspoint.api<SwitchReceipt>('POST', `/api/threads/${threadId}/switch/preview`, { modelConfig });

async function compact(threadId: string, command: object): Promise<Compaction> {
  const answer = await crosspoint.api<CompactionAnswer>('POST', `/api/threads/${threadId}/compact`, command);
  return answer.compaction;
}

async function refused(method: string, path: string, body?: object): Promise<[status: number, code: string]> {
  const response = await crosspoint.request(method, path, body);
  return [response.status, ((await response.json()) as { code: string }).code];
}

function lastTo(model: ModelConfig): Received {
  const last = providers.requests.findLast(
    ({ body, bodyText }) => body.model === model.model && !bodyText.includes('You write the summary'),
  );
  assert.ok(last);
  return last;
}

/** The messages of a body without the marks for a cache, which move, and without the end, which grows. */
function conversation({ bodyText }: Received): string {
  const at = Math.max(bodyText.indexOf(',"messages":['), bodyText.indexOf(',"input":['));
  return bodyText
    .slice(at)
    .replaceAll(/,"cache_control":\{[^}]*\}/g, '')
    .replace(/[\]}]+[^\]}]*$/, '');
}

/** Requests for a summary that came in. */
const summaries = () =>
  providers.requests.filter(({ bodyText }) => bodyText.includes('You write the summary'));

const until = (isSo: () => boolean) => eventually(isSo.toString(), isSo);

const ofType = <Type extends ThreadEvent['type']>(events: readonly ThreadEvent[], type: Type) =>
  events.filter((event): event is Extract<ThreadEvent, { type: Type }> => event.type === type);

async function newEvents(threadId: string, since = 0): Promise<ThreadEvent[]> {
  return (await crosspoint.events(threadId)).filter(({ id }) => id > since);
}

test('large to small: the preview says so, another model writes the summary, the small one goes on, and the large one gets its old bytes', async () => {
  const threadId = await longThread();
  const refusals = overflows();
  const own = lastTo(large);
  const before = await preview(threadId, small);
  assert.equal(before.fits, false);
  assert.ok(before.contextTokens > 131_072 && before.compaction);
  assert.equal(before.compaction.available, false);
  assert.ok((before.compaction.tokensAfter ?? Infinity) < 100_000);
  assert.deepEqual(
    before.compaction.writers.slice(0, 2).map(({ model }) => model),
    [`anthropic/${large.model}`, `groq/${small.model}`],
  );
  assert.ok((before.compaction.writers[0]?.costUsd ?? 0) > 0);

  const made = await compact(threadId, { modelConfig: writer, forModelConfig: small });
  assert.deepEqual(
    [made.method, made.scope, made.by, made.writtenBy, made.text],
    ['summary', 'when_needed', 'user', 'openai/gpt-4.1', 'They spoke of kites.'],
  );
  assert.ok(made.tokensAfter < 100_000 && made.tokensBefore > 131_072 && (made.costUsd ?? 0) > 0);
  const now = await preview(threadId, small);
  assert.deepEqual([now.fits, now.compaction?.available], [false, true]);
  assert.equal(now.contextTokens, now.compaction?.tokensAfter);
  assert.equal((await crosspoint.thread(threadId)).compaction?.inUse, false);

  await crosspoint.say({ message: 'Go on.', threadId, modelConfig: small });
  const short = lastTo(small);
  assert.ok(short.bodyText.includes('They spoke of kites.') && !short.bodyText.includes('alpha-begins'));
  assert.ok(short.bodyText.includes('delta-begins') && short.bodyText.includes('delta-ends'));
  const view = await crosspoint.thread(threadId);
  assert.equal(view.compaction?.inUse, true);
  assert.ok(view.notes.some(({ type }) => type === 'context.compacted'));

  await crosspoint.say({ message: 'And you?', threadId, modelConfig: large });
  assert.ok(conversation(lastTo(large)).startsWith(conversation(own)), 'the large model gets its old bytes');
  assert.equal((await crosspoint.thread(threadId)).compaction?.inUse, false);

  await crosspoint.restart();
  await crosspoint.say({ message: 'Once more.', threadId, modelConfig: small });
  assert.ok(conversation(lastTo(small)).startsWith(conversation(short)), 'and so does the small one');
  assert.equal(overflows(), refusals);
  const { groups } = await crosspoint.api<UsageAnswer>('GET', '/api/usage?groupBy=model');
  assert.ok(
    groups.some(({ key }) => key === 'openai/gpt-4.1'),
    'the writer is on the ledger',
  );
});

test('a run that does not fit shortens the conversation once by itself, in several pieces where the writer is small', async () => {
  const threadId = await longThread();
  const [requests, refusals] = [providers.requests.length, overflows()];
  const { lastEventId } = await crosspoint.thread(threadId);
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { compactionModel: middle });
  const answer = await crosspoint.say({ message: 'Go on.', threadId, modelConfig: small });
  assert.ok('response' in answer);
  assert.equal(answer.response, `${small.model} heard it.`);
  const events = await newEvents(threadId, lastEventId);
  const [made, ...others] = ofType(events, 'context.compacted');
  assert.deepEqual(
    [made?.data.compaction.by, made?.data.compaction.writtenBy, others],
    ['auto', 'listed/middle-window', []],
  );
  const asked = providers.requests
    .slice(requests)
    .filter(({ bodyText }) => bodyText.includes('You write the summary'));
  assert.ok(asked.length > 1, `${asked.length} requests for the summary`);
  assert.ok(
    asked.slice(1).every(({ bodyText }) => bodyText.includes('They spoke of kites.')),
    'each takes up the last',
  );
  assert.ok(
    asked.every(({ bodyText }) => !bodyText.includes('"signature"')),
    "no other provider's own parts",
  );
  assert.equal(overflows(), refusals);
  await crosspoint.say({ message: 'On.', threadId });
  assert.equal(
    ofType(await newEvents(threadId, lastEventId), 'context.compacted').length,
    1,
    'it is used again',
  );
});

test('a provider that says so although nobody knows its window: one compaction, one retry', async () => {
  const { threadId } = await crosspoint.say({ message: story('one', 16_000), modelConfig: unknown });
  const [requests, refusals] = [providers.requests.length, overflows()];
  const answer = await crosspoint.say({ message: story('two', 20_000), threadId });
  assert.ok('response' in answer);
  assert.equal(answer.response, `${unknown.model} heard it.`);
  assert.equal(overflows(), refusals + 1);
  assert.equal(providers.requests.length, requests + 3, 'refused, summary, answer');
  assert.ok(lastTo(unknown).bodyText.includes('two-ends'));
  const { compaction } = await crosspoint.thread(threadId);
  assert.deepEqual([compaction?.by, compaction?.inUse], ['auto', true]);
});

test('a writer that fails: an outline by rule takes its place, visibly, and the run goes on', async () => {
  const threadId = await longThread();
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { compactionModel: writer });
  await providers.openai.stop();
  try {
    const answer = await crosspoint.say({ message: 'Go on.', threadId, modelConfig: small });
    assert.ok('response' in answer);
  } finally {
    await providers.openai.start();
  }
  const { compaction, notes } = await crosspoint.thread(threadId);
  assert.deepEqual([compaction?.method, compaction?.writtenBy, compaction?.costUsd], ['outline', null, 0]);
  assert.ok(notes.some(({ data }) => data.code === 'compaction_writer_failed'));
  assert.ok(lastTo(small).bodyText.includes('alpha-begins'), 'the outline begins with what was asked first');
});

test('what cannot be made small enough is tried once and ends with a typed error; nothing is recorded', async () => {
  const requests = providers.requests.length;
  assert.deepEqual(await refused('POST', '/api/agent', { message: 'Hello.', modelConfig: tiny }), [
    409,
    'compaction_did_not_shrink',
  ]);
  assert.equal(providers.requests.length, requests, 'nothing was spent');
  providers.windows.set(unknown.model, 1_000);
  try {
    const response = await crosspoint.request('POST', '/api/agent', {
      message: 'Hello.',
      modelConfig: unknown,
    });
    const { code, error } = (await response.json()) as { code: string; error: string };
    assert.equal(code, 'context_overflow');
    assert.match(error, /Compact.*larger window/);
    assert.equal(providers.requests.length, requests + 1, 'one try');
  } finally {
    providers.windows.set(unknown.model, 9_000);
  }
  const { threads } = await crosspoint.api<{ threads: { id: string }[] }>('GET', '/api/threads');
  assert.equal((await crosspoint.thread(threads[0]?.id ?? '')).compaction, null);
});

test('a thread that may not shorten by itself tells the way out instead', async () => {
  const { threadId } = await crosspoint.say({ message: story('one', 16_000), modelConfig: unknown });
  await crosspoint.api('PATCH', `/api/threads/${threadId}`, { autoCompact: false });
  const command = { message: story('two', 20_000), threadId };
  assert.deepEqual(await refused('POST', '/api/agent', command), [502, 'context_overflow']);
  assert.equal((await crosspoint.thread(threadId)).compaction, null);
  await compact(threadId, { method: 'outline' });
  const answer = await crosspoint.say({ message: 'Now.', threadId });
  assert.ok('response' in answer);
});

test('one message that is larger than the window is answered: it is shown shortened, and recall finds its middle', async () => {
  const message = `${story('head', 30_000)} The password is nightingale. ${story('tail', 30_000)}`;
  talk = ({ toolResults, tools }) => {
    const found = toolResults.find(({ text }) => text.includes('nightingale'));
    if (found) return { text: 'It is nightingale.' };
    return tools.includes('recall')
      ? { text: 'I look.', calls: [{ name: 'recall', args: { query: 'the password' } }] }
      : { text: 'I cannot look.' };
  };
  const answer = await crosspoint.say({ message, modelConfig: unknown });
  assert.ok('response' in answer);
  assert.equal(answer.response, 'It is nightingale.');
  const { bodyText } = lastTo(unknown);
  assert.ok(bodyText.includes('head-begins') && bodyText.includes('tail-ends'));
  const { messages, compaction } = await crosspoint.thread(answer.threadId);
  assert.ok(JSON.stringify(messages[0]).includes('nightingale'), 'the record has all of it');
  assert.equal(compaction?.method, 'outline');
});

const thinkers: ModelConfig[] = [
  { ...targets.anthropic, model: 'claude-opus-4-8' },
  targets.openai,
  targets.openrouter,
  unknown,
];
for (const modelConfig of thinkers)
  test(`${modelConfig.model}: a tool loop that fills the window again and again goes on to its end, each effect once`, async () => {
    const { model } = modelConfig;
    const steps = 6;
    let asked = 0;
    // What was left out is no step any more for who counts answers in the request.
    talk = () => {
      const step = asked++;
      if (step >= steps) return { reasoning: 'Enough.', text: 'Done.' };
      const command = `seq ${step}0000 ${step}1500; echo ${step} >> log.txt`;
      return {
        reasoning: `Step ${step} it is.`,
        text: `Step ${step}.`,
        calls: [{ name: 'run_terminal_command', args: { command } }],
      };
    };
    providers.windows.set(model, 9_000);
    const others = providers.refusals.length;
    try {
      const answer = await crosspoint.say({ message: 'Count.', modelConfig, approvalMode: 'auto' });
      assert.ok('response' in answer);
      assert.equal(answer.response, 'Done.');
      const { threadId } = answer;
      const path = `/api/threads/${threadId}/files/content?path=log.txt`;
      const { content } = await crosspoint.api<{ content: string }>('GET', path);
      assert.deepEqual(content.trim().split('\n'), ['0', '1', '2', '3', '4', '5']);
      const made = ofType(await newEvents(threadId), 'context.compacted').length;
      assert.ok(made >= 1 && made < steps, `${made} compactions`);
      assert.ok(lastTo(modelConfig).bodyText.includes('Count.'), "the person's words stay");
      const strange = providers.refusals.slice(others).filter(({ refusal }) => !isOverflow(refusal));
      assert.deepEqual(strange, []);
    } finally {
      providers.windows.delete(model);
      providers.windows.set(unknown.model, 9_000);
    }
  });

const isOverflow = (refusal = '') => /context|too long|reduce the length|show/.test(refusal);

test('a stop in the middle of a summary ends the run, and its request', async () => {
  const threadId = await longThread();
  summary = () => ({ fault: { kind: 'hang' } });
  const requests = summaries().length;
  const run = refused('POST', '/api/agent', { message: 'Go on.', threadId, modelConfig: small });
  await until(() => summaries().length > requests);
  assert.deepEqual(await crosspoint.api('POST', `/api/threads/${threadId}/cancel`, {}), { cancelled: true });
  await run;
  const { runStatus, compaction } = await crosspoint.thread(threadId);
  assert.deepEqual([runStatus, compaction], ['cancelled', null]);
  await until(() => summaries().at(-1)?.abandoned === true);
});

test('a text can be changed and taken away: what is sent follows, and nothing of the record changes', async () => {
  const { threadId } = await crosspoint.say({ message: story('one', 9_000), modelConfig: writer });
  await crosspoint.say({ message: story('two', 9_000), threadId });
  const before = (await crosspoint.thread(threadId)).messages;
  const made = await compact(threadId, { method: 'outline' });
  assert.deepEqual([made.scope, made.method], ['always', 'outline']);
  const path = `/api/threads/${threadId}/compaction`;
  const edited = await crosspoint.api<CompactionAnswer>('PATCH', path, { text: 'It was about kites only.' });
  assert.notEqual(edited.compaction.id, made.id);
  await crosspoint.say({ message: 'On.', threadId });
  assert.ok(lastTo(writer).bodyText.includes('It was about kites only.'));
  assert.ok(!lastTo(writer).bodyText.includes('one-ends'));
  await crosspoint.api('DELETE', path);
  await crosspoint.say({ message: 'On.', threadId });
  assert.ok(lastTo(writer).bodyText.includes('one-ends'));
  assert.deepEqual(await refused('DELETE', path), [404, 'not_found']);
  assert.deepEqual(await refused('PATCH', path, { text: ' ' }), [400, 'bad_request']);
  const { messages, notes } = await crosspoint.thread(threadId);
  assert.deepEqual(messages.slice(0, before.length), before);
  assert.deepEqual(
    notes.map(({ type }) => type).filter((type) => type.startsWith('context.')),
    ['context.compacted', 'context.compacted', 'context.restored'],
  );
});

test('a stop ends the writing, a budget prevents it, and kill -9 in the middle of it leaves nothing half', async () => {
  const threadId = await longThread();
  const path = `/api/threads/${threadId}`;
  summary = () => ({ fault: { kind: 'hang' } });
  const command = { modelConfig: writer, forModelConfig: small };
  const requests = summaries().length;
  const stopped = refused('POST', `${path}/compact`, command);
  await until(() => summaries().length > requests);
  assert.deepEqual(await refused('POST', `${path}/compact`, command), [409, 'compaction_active']);
  assert.deepEqual(await crosspoint.api('POST', `${path}/cancel`, {}), { cancelled: true });
  assert.deepEqual(await stopped, [409, 'compaction_stopped']);
  await until(() => summaries().at(-1)?.abandoned === true);

  await crosspoint.api('PATCH', path, { budgetUsd: 0.000_001 });
  assert.deepEqual(await refused('POST', `${path}/compact`, command), [402, 'budget_reached']);
  await crosspoint.api('PATCH', path, { budgetUsd: null });

  const asked = summaries().length;
  const run = crosspoint.say({ message: 'Go on.', threadId, modelConfig: small }).catch(() => null);
  await until(() => summaries().length > asked);
  await crosspoint.kill();
  await run;
  await crosspoint.restart();
  const { compaction, runStatus } = await crosspoint.thread(threadId);
  assert.deepEqual([compaction, runStatus], [null, 'interrupted']);
  summary = () => ({ text: 'They spoke of kites.' });
  const answer = await crosspoint.say({ message: 'Go on.', threadId });
  assert.ok('response' in answer);
});
