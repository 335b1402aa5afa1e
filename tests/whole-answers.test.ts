import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { eventually } from './support/eventually.ts';
import { startRealServer } from './support/real-server.ts';
import { targetNames, targets } from './support/targets.ts';

const run = (word: string) => ({
  name: 'run_terminal_command',
  args: { command: `echo ${word} >> log.txt` },
});

/** A call, then two more, then the end; by its words a message asks for a failure or for a wait. */
function talk({ toolResults, lastUserText, model, stream }: Asked): Answer {
  if (/never ends/.test(lastUserText)) return { fault: { kind: 'hang' } };
  if (/unverified/.test(lastUserText) && stream)
    return {
      fault: {
        kind: 'status',
        status: 400,
        message: 'Your organization must be verified to stream this model.',
        code: 'unsupported_value',
        param: 'stream',
      },
    };
  if (/breaks/.test(lastUserText) && toolResults.length === 1 && !/glm/.test(model))
    return { text: 'Lost.', fault: { kind: 'cut', after: 'text', how: 'close' } };
  if (toolResults.length === 0) return { reasoning: 'I begin.', text: 'First.', calls: [run('one')] };
  if (toolResults.length > 1) return { reasoning: 'Enough.', text: `${model} is done.` };
  return { reasoning: 'On.', text: 'Then two more.', calls: [run('two'), run('three')] };
}

/** Conversations whose models answer without streaming (`modelConfig.stream: false`). */
const { crosspoint, providers } = await startRealServer(talk);

function textIn(events: readonly ThreadEvent[], of: string): string {
  return events
    .map((event) => (event.type === 'message.delta' && event.data.messageId === of ? event.data.text : ''))
    .join('');
}

for (const name of targetNames)
  test(`${name}: a turn with reviews is the same without streaming: text, calls, usage, own reasoning back`, async () => {
    const modelConfig = { ...targets[name], stream: false };
    const before = providers.requests.length;
    const answer = await crosspoint.approveAll(await crosspoint.say({ message: 'Go.', modelConfig }));
    assert.equal(answer.response, `${modelConfig.model} is done.`);
    const sent = providers.requests.slice(before).filter(({ method }) => method === 'POST');
    assert.deepEqual([sent.length, sent.filter(({ body }) => body.stream === false).length], [3, 3]);
    assert.deepEqual(providers.refusals, []);
    const thread = await crosspoint.thread(answer.threadId);
    assert.deepEqual(thread.modelConfig, modelConfig);
    assert.deepEqual(
      thread.toolCalls.map(({ status }) => status),
      ['ok', 'ok', 'ok'],
    );
    const events = await crosspoint.events(answer.threadId);
    for (const { id, role, parts } of thread.messages) {
      if (role !== 'assistant') continue;
      const stored = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
      assert.equal(textIn(events, id), stored);
    }
    const finished = events.flatMap((event) => (event.type === 'model.finished' ? [event.data.usage] : []));
    assert.equal(finished.length, 3);
    for (const { ttftMs, latencyMs, estimated } of finished)
      assert.ok(!estimated && ttftMs !== null && ttftMs <= latencyMs);
  });

test('a whole answer that breaks off is asked for again, then the chain takes over, and every effect happens once', async () => {
  const answer = await crosspoint.say({
    message: 'It breaks.',
    modelConfig: { ...targets.anthropic, stream: false },
    fallbackModels: [{ ...targets.openrouter, stream: false }],
    approvalMode: 'auto',
  });
  assert.ok('response' in answer);
  assert.equal(answer.response, `${targets.openrouter.model} is done.`);
  const path = `/api/threads/${answer.threadId}/files/content?path=log.txt`;
  const { content } = await crosspoint.api<{ content: string }>('GET', path);
  assert.deepEqual(content.trim().split('\n').toSorted(), ['one', 'three', 'two']);
  const { messages } = await crosspoint.thread(answer.threadId);
  assert.doesNotMatch(JSON.stringify(messages), /Lost/, 'half an answer is none: nothing of it was shown');
  assert.deepEqual(providers.refusals, []);
});

test('a stop ends a request that is not streamed, and nothing of it stays open', async () => {
  const modelConfig = { ...targets.openai, stream: false };
  let threadId = '';
  let last: ThreadEvent | undefined;
  for await (const event of crosspoint.stream({ message: 'It never ends.', modelConfig })) {
    last = event;
    if (event.type === 'run.started') ({ threadId } = event.data);
    if (event.type === 'model.started') await crosspoint.api('POST', `/api/threads/${threadId}/cancel`);
  }
  assert.ok(last?.type === 'run.finished' && last.data.status === 'cancelled');
  await eventually('the provider was told to stop', () => providers.requests.at(-1)?.abandoned === true);
});

test('an organisation that may not stream a model gets its whole answers, and is told once', async () => {
  const answer = await crosspoint.say({
    message: 'We are unverified.',
    modelConfig: { ...targets.openai, model: 'gpt-5.2' },
    approvalMode: 'auto',
  });
  assert.ok('response' in answer);
  assert.equal(answer.response, 'gpt-5.2 is done.');
  const events = await crosspoint.events(answer.threadId);
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.data.code] : []));
  assert.deepEqual(notices, ['not_streamed']);
});
