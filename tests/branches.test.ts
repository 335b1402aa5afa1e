import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ThreadEvent } from '#protocol/events.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { RunAnswer } from '#server/agent/types.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { readEvents } from './support/crosspoint.ts';
import { assertAllValid, startRealServer } from './support/real-server.ts';
import { targetNames, targets, type TargetName } from './support/targets.ts';

/**
 * Thinks, makes one call, then two at once, then ends the turn; each effect names its model and its step. What is to be met
 * in the middle takes far longer than anybody takes to come.
 */
function talk({ provider, model, step, lastUserText }: Asked): Answer {
  if (/slowly the second time/.test(lastUserText) && provider === 'openai') return { text: 'At once.' };
  if (/slowly/.test(lastUserText)) return { reasoning: 'Slowly.', text: 'word '.repeat(4_000), paceMs: 5 };
  const append = (text: string) => ({
    name: 'run_terminal_command',
    args: { command: `echo ${provider}-${text} >> log.txt` },
  });
  if (step === 0) return { reasoning: 'I begin.', text: 'First.', calls: [append('one')] };
  if (step === 1) return { reasoning: 'On.', text: 'Two more.', calls: [append('two'), append('three')] };
  return { reasoning: 'Enough.', text: `${model} is done.` };
}

const { crosspoint, providers } = await startRealServer(talk);

const nextOf = (name: TargetName) =>
  targetNames[(targetNames.indexOf(name) + 1) % targetNames.length] as TargetName;
const address = (threadId: string) => `/api/threads/${threadId}/answer-again`;
const again = (threadId: string, messageId: string, to?: TargetName): Promise<RunAnswer> =>
  crosspoint.api('POST', address(threadId), { messageId, ...(to ? { modelConfig: targets[to] } : {}) });
const move = (threadId: string, branchId: number): Promise<ThreadView> =>
  crosspoint.api('PATCH', `/api/threads/${threadId}`, { branchId });
const idAt = ({ messages }: ThreadView, index: number) => messages.at(index)?.id ?? assert.fail('no message');

/** One whole turn; its calls need no review. */
async function turn(name: TargetName, threadId?: string): Promise<string> {
  const command = { message: 'Go.', modelConfig: targets[name], approvalMode: 'auto' };
  const answer = await crosspoint.say({ ...command, ...(threadId ? { threadId } : {}) });
  assert.ok('response' in answer);
  assert.equal(answer.response, `${targets[name].model} is done.`);
  return answer.threadId;
}

/** The last body that the provider got since request number `since`, without the marks for its cache, which move. */
function lastBody(name: TargetName, since: number): string {
  const own = providers.requests.slice(since).filter(({ provider }) => provider === name);
  return (own.at(-1)?.bodyText ?? '').replaceAll(/,"cache_control":\{[^}]*\}/g, '');
}

async function effects(threadId: string): Promise<string[]> {
  const path = `/api/threads/${threadId}/files/content?path=log.txt`;
  const { content } = await crosspoint.api<{ content: string }>('GET', path);
  return content.trim().split('\n').toSorted();
}

const three = (name: TargetName) => ['one', 'two', 'three'].map((text) => `${name}-${text}`);

for (const from of targetNames) {
  const to = nextOf(from);

  test(`${from}, answered again by ${to}: both stay, and each model reads its own old turns with the same bytes`, async () => {
    const since = providers.requests.length;
    const threadId = await turn(from);
    const first = await crosspoint.thread(threadId);
    const ownBefore = lastBody(from, since);
    const answer = await again(threadId, idAt(first, 0), to);
    assert.ok('response' in answer);
    assert.equal(answer.response, `${targets[to].model} is done.`);
    const otherBefore = lastBody(to, since);
    const second = await crosspoint.thread(threadId);
    assert.deepEqual(second.forks, [{ afterSeq: 1, branchIds: [0, 1], active: 1 }]);
    assert.deepEqual(second.modelConfig, targets[to]);
    assert.equal((await move(threadId, 0)).branchId, 0);
    const back = await crosspoint.thread(threadId);
    assert.deepEqual(back.messages, first.messages);
    assert.deepEqual(back.toolCalls, first.toolCalls);
    await turn(from, threadId);
    const own = lastBody(from, since);
    assert.ok(ownBefore.length > 1_000 && own.startsWith(ownBefore.replace(/\]\}$/, '')));
    assert.equal((await move(threadId, 1)).branchId, 1);
    assert.deepEqual((await crosspoint.thread(threadId)).messages, second.messages);
    await turn(to, threadId);
    const other = lastBody(to, since);
    assert.ok(otherBefore.length > 1_000 && other.startsWith(otherBefore.replace(/\]\}$/, '')));
    assert.deepEqual(
      await effects(threadId),
      [...three(from), ...three(from), ...three(to), ...three(to)].toSorted(),
    );
    assertAllValid(providers);
  });

  test(`${from}, answered again by ${to} in the middle of its tool loop: what ran stays and nothing runs twice`, async () => {
    const threadId = await turn(from);
    const first = await crosspoint.thread(threadId);
    assert.deepEqual(
      first.messages.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'tool', 'tool', 'assistant'],
    );
    const parallel = await again(threadId, idAt(first, 3), to);
    assert.ok('response' in parallel);
    const expected = [...three(from), ...three(to).slice(1)].toSorted();
    assert.deepEqual(await effects(threadId), expected);
    const second = await crosspoint.thread(threadId);
    assert.deepEqual(second.messages.slice(0, 3), first.messages.slice(0, 3));
    assert.deepEqual(
      second.notes.map(({ type, data }) => data.code ?? type),
      ['model.switched', 'workspace_as_it_is'],
    );
    // A fork of the other answer, right after two calls at once.
    await again(threadId, idAt(first, 6), to);
    assert.deepEqual(await effects(threadId), expected);
    const third = await crosspoint.thread(threadId);
    assert.deepEqual(third.messages.slice(0, 6), first.messages.slice(0, 6));
    assert.deepEqual(third.forks, [
      { afterSeq: 3, branchIds: [0, 1], active: 0 },
      { afterSeq: 6, branchIds: [0, 2], active: 1 },
    ]);
    const calls = (await crosspoint.events(threadId)).flatMap((event) =>
      event.type === 'tool.proposed' ? [event.data.toolCallId] : [],
    );
    assert.equal(new Set(calls).size, calls.length, 'an id means one call');
    // To the newest end of what follows there, and from that to the oldest.
    const moved = [];
    for (const branchId of [1, 0, 0]) moved.push((await move(threadId, branchId)).branchId);
    assert.deepEqual(moved, [1, 2, 0]);
    assert.deepEqual((await crosspoint.thread(threadId)).messages, first.messages);
    await turn(from, threadId);
    assertAllValid(providers);
  });
}

test('a reader sees the branch before its run, and what it missed comes as it was, after any event', async () => {
  const threadId = await turn('openai');
  const first = await crosspoint.thread(threadId);
  const stream = await crosspoint.request(
    'POST',
    address(threadId),
    { messageId: idAt(first, 0), modelConfig: targets.anthropic },
    'text/event-stream',
  );
  const sent: ThreadEvent[] = [];
  for await (const event of readEvents(stream)) sent.push(event);
  assert.deepEqual(
    sent.map(({ id }) => id),
    sent.map((_event, index) => first.lastEventId + 1 + index),
  );
  assert.deepEqual([sent[0]?.type, sent[1]?.type], ['thread.branched', 'run.started']);
  assert.deepEqual(sent[0]?.data, { branchId: 1, afterSeq: 1, by: 'answer_again' });
  assert.equal(sent.at(-1)?.type, 'run.finished');
  await move(threadId, 0);
  const all = await crosspoint.events(threadId);
  assert.deepEqual(all.slice(first.lastEventId, -2), sent);
  assert.deepEqual(
    all.slice(-2).map(({ type, data }) => [type, 'by' in data ? data.by : 'code' in data && data.code]),
    [
      ['thread.branched', 'move'],
      ['notice', 'workspace_as_it_is'],
    ],
  );
});

test('kill -9 in the middle of another answer: it ends as interrupted on its branch, and both can go on', async () => {
  const said = await crosspoint.say({
    message: 'Write slowly the second time.',
    modelConfig: targets.openai,
  });
  const { threadId } = said;
  const first = await crosspoint.thread(threadId);
  const command = { messageId: idAt(first, 0), modelConfig: targets.anthropic, clientMessageId: 'once' };
  const stream = await crosspoint.request('POST', address(threadId), command, 'text/event-stream');
  let text = '';
  for await (const event of readEvents(stream)) {
    if (event.type === 'message.delta') text += event.data.text;
    if (text.length > 100) break;
  }
  await crosspoint.kill();
  await crosspoint.restart();
  const cut = await crosspoint.thread(threadId);
  assert.deepEqual([cut.runStatus, cut.branchId, cut.messages.at(-1)?.status], ['interrupted', 1, 'partial']);
  assert.equal(cut.notes.at(-1)?.data.status, 'interrupted');
  const repeated = await crosspoint.request('POST', address(threadId), command);
  assert.deepEqual(
    [repeated.status, ((await repeated.json()) as { code: string }).code],
    [409, 'interrupted'],
  );
  await turn('anthropic', threadId);
  await move(threadId, 0);
  const back = await crosspoint.thread(threadId);
  assert.deepEqual([back.runStatus, back.messages], ['done', first.messages]);
  await turn('openai', threadId);
  assertAllValid(providers);
});

test('another answer can be stopped: what came stays on its branch', async () => {
  const { threadId } = await crosspoint.say({
    message: 'Write slowly the second time.',
    modelConfig: targets.openai,
  });
  const first = await crosspoint.thread(threadId);
  const command = { messageId: idAt(first, 1), modelConfig: targets.groq };
  const stream = await crosspoint.request('POST', address(threadId), command, 'text/event-stream');
  for await (const event of readEvents(stream))
    if (event.type === 'message.delta') {
      const cancelled = await crosspoint.api('POST', `/api/threads/${threadId}/cancel`, {});
      assert.deepEqual(cancelled, { cancelled: true });
      break;
    }
  const stopped = await crosspoint.thread(threadId);
  assert.deepEqual([stopped.runStatus, stopped.messages.at(-1)?.status], ['cancelled', 'partial']);
  await move(threadId, 0);
  assert.deepEqual((await crosspoint.thread(threadId)).messages, first.messages);
});

test('what is refused says why and leaves the record as it was', async () => {
  const asked = await crosspoint.say({ message: 'Go.', modelConfig: targets.openai, approvalMode: 'ask' });
  assert.ok('interrupt' in asked);
  const { threadId } = asked;
  const waiting = await crosspoint.thread(threadId);
  const refused = async (method: string, path: string, body: object, status: number, code: string) => {
    const response = await crosspoint.request(method, path, body);
    const answer = (await response.json()) as { code: string };
    assert.deepEqual([response.status, answer.code], [status, code], JSON.stringify(body));
  };
  const messageId = idAt(waiting, 0);
  const thread = `/api/threads/${threadId}`;
  await refused('POST', address(threadId), { messageId }, 409, 'review_pending');
  await refused('POST', address(threadId), { messageId: 'nobody' }, 404, 'not_found');
  await refused('POST', address('nobody'), { messageId }, 404, 'not_found');
  await refused('POST', address(threadId), {}, 400, 'bad_request');
  await refused('POST', address(threadId), { messageId, modelName: 'nope' }, 400, 'invalid_model_preset');
  for (const branchId of [1, 7]) await refused('PATCH', thread, { branchId }, 404, 'not_found');
  for (const branchId of [-1, 0.5, '0']) await refused('PATCH', thread, { branchId }, 400, 'bad_request');
  assert.deepEqual(await crosspoint.thread(threadId), waiting);
  await crosspoint.approveAll(asked);
  const running = crosspoint.stream({ message: 'Write slowly.', threadId });
  for await (const event of running) if (event.type === 'message.delta') break;
  await refused('POST', address(threadId), { messageId }, 409, 'run_active');
  await crosspoint.api('POST', `${thread}/cancel`, {});
  await again(threadId, messageId, 'groq').then((answer) => crosspoint.approveAll(answer));
  const later = crosspoint.stream({ message: 'Write slowly.', threadId });
  for await (const event of later) if (event.type === 'message.delta') break;
  await refused('PATCH', thread, { branchId: 0 }, 409, 'run_active');
  await crosspoint.api('POST', `${thread}/cancel`, {});
  assertAllValid(providers);
});
