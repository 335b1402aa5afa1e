import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ThreadView } from '#protocol/thread.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelRequest } from '#server/gateway/types.ts';
import type { Script } from './testing/scripted-gateway.ts';
import { command, rejectsWith, response } from './testing/steps.ts';
import { textOf } from './stream-answer.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';

const red = { provider: 'red', model: 'red-1' };
const demo = { provider: 'demo', model: 'demo-1' };
const blue = { provider: 'blue', model: 'blue-1' };

async function withBench(script: Script, work: (bench: Workbench) => Promise<void>): Promise<void> {
  const bench = await openWorkbench(script);
  try {
    await work(bench);
  } finally {
    await bench.close();
  }
}

/** Every model says its name and how many messages it was shown. */
const countingScript: Script = ({ target, messages }) => ({ text: `${target.provider} ${messages.length}` });

async function again(
  bench: Workbench,
  threadId: string,
  messageId: string,
  more: { modelName?: string; idempotencyKey?: string; clientMessageId?: string } = {},
) {
  const { runId } = await bench.agent.answerAgain(user, { threadId, messageId, ...more });
  return response(await bench.agent.answer(user, runId));
}

const view = (bench: Workbench, threadId: string) => bench.agent.getThread(user, threadId);
const texts = ({ messages }: ThreadView) => messages.map(({ parts }) => textOf(parts));
const idAt = ({ messages }: ThreadView, index: number) => messages.at(index)?.id ?? assert.fail('no message');
const move = (bench: Workbench, threadId: string, branchId: number) =>
  bench.agent.updateThread(user, threadId, { branchId });

/** What a request shows, as the wires would write it. */
const shown = ({ messages, system }: ModelRequest) => JSON.stringify([system, messages]);

test('another model answers the same message, both answers stay, and moving shows either', () =>
  withBench(countingScript, async (bench) => {
    const { threadId } = await bench.run('one');
    const first = await view(bench, threadId);
    assert.deepEqual([first.branchId, first.forks, texts(first)], [0, [], ['one', 'red 1']]);
    assert.equal(await again(bench, threadId, idAt(first, 0), { modelName: 'blue' }), 'blue 1');
    const second = await view(bench, threadId);
    assert.deepEqual([second.branchId, texts(second)], [1, ['one', 'blue 1']]);
    assert.deepEqual(second.forks, [{ afterSeq: 1, branchIds: [0, 1], active: 1 }]);
    assert.deepEqual([second.modelConfig, second.title], [blue, 'one']);
    assert.deepEqual(
      second.notes.map(({ type, data, afterSeq }) => [type, data.from, data.to, data.by, afterSeq]),
      [['model.switched', 'red/red-1', 'blue/blue-1', 'user', 1]],
    );
    const summary = await move(bench, threadId, 0);
    assert.deepEqual([summary.branchId, summary.modelConfig], [0, blue]);
    const back = await view(bench, threadId);
    assert.deepEqual(texts(back), texts(first));
    assert.deepEqual(back.notes, []);
    assert.deepEqual(back.forks, [{ afterSeq: 1, branchIds: [0, 1], active: 0 }]);
    const events = await bench.events(threadId);
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'thread.branched' ? [event.data] : [])),
      [
        { branchId: 1, afterSeq: 1, by: 'answer_again' },
        { branchId: 0, afterSeq: 1, by: 'move' },
      ],
    );
  }));

test('an answer is answered again right before it; a third one stands beside the first two', () =>
  withBench(countingScript, async (bench) => {
    const { threadId } = await bench.run('one');
    await bench.run({ message: 'two', threadId });
    const first = await view(bench, threadId);
    await again(bench, threadId, idAt(first, 3), { modelName: 'blue' });
    const second = await view(bench, threadId);
    assert.deepEqual(texts(second), ['one', 'red 1', 'two', 'blue 3']);
    assert.equal(await again(bench, threadId, idAt(second, -1), { modelName: 'red' }), 'red 3');
    const third = await view(bench, threadId);
    assert.deepEqual(third.forks, [{ afterSeq: 3, branchIds: [0, 1, 2], active: 2 }]);
    // A fork of a fork: the first message again, seen from the third answer.
    await again(bench, threadId, idAt(third, 0), { modelName: 'blue' });
    const fourth = await view(bench, threadId);
    assert.deepEqual(texts(fourth), ['one', 'blue 1']);
    assert.deepEqual(fourth.forks, [{ afterSeq: 1, branchIds: [0, 3], active: 1 }]);
    // Back: to the newest end of what follows there, and from that on to each.
    assert.equal((await move(bench, threadId, 0)).branchId, 2);
    assert.equal((await move(bench, threadId, 0)).branchId, 0);
    assert.deepEqual((await view(bench, threadId)).forks, [
      { afterSeq: 1, branchIds: [0, 3], active: 0 },
      { afterSeq: 3, branchIds: [0, 1, 2], active: 0 },
    ]);
    assert.equal((await move(bench, threadId, 1)).branchId, 1);
    assert.deepEqual(texts(await view(bench, threadId)), texts(second));
  }));

test('after moving back the model reads its old turns as they were, byte for byte, and no silent switch', () =>
  withBench(countingScript, async (bench) => {
    const { threadId } = await bench.run('one');
    await bench.run({ message: 'two', threadId });
    const first = await view(bench, threadId);
    await again(bench, threadId, idAt(first, 0), { modelName: 'blue' });
    await bench.run({ message: 'other', threadId });
    await move(bench, threadId, 0);
    await bench.run({ message: 'three', threadId, modelName: 'red' });
    const [, before, , , after] = bench.gateway.requests as ModelRequest[];
    assert.ok(before && after);
    assert.ok(shown(after).startsWith(shown(before).slice(0, -2)));
    await move(bench, threadId, 1);
    await bench.run({ message: 'on', threadId });
    // The thread's model was chosen on the other branch: here it is told where it begins.
    const { notes } = await view(bench, threadId);
    assert.deepEqual(
      notes.map(({ data, afterSeq }) => [data.from, data.to, afterSeq]),
      [
        ['red/red-1', 'blue/blue-1', 1],
        ['blue/blue-1', 'red/red-1', 10],
      ],
    );
  }));

test('in a tool loop: what ran stays and runs no more, a repeated call id means another call, files stay as they are', () => {
  const call = (text: string) => ({ ...command(`echo ${text} >> log.txt`), id: 'same' });
  const script: Script = ({ target, messages }) => {
    const results = messages.filter(({ role }) => role === 'tool').length;
    if (results === 2) return { text: `${target.provider} done` };
    return { text: `step ${results}`, calls: [call(`${target.provider}${results}`)] };
  };
  return withBench(script, async (bench) => {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    const first = await view(bench, threadId);
    assert.deepEqual(texts(first), ['go', 'step 0', '', 'step 1', '', 'red done']);
    assert.equal(await again(bench, threadId, idAt(first, 3), { modelName: 'blue' }), 'blue done');
    assert.equal(bench.file(threadId, 'log.txt'), 'red0\nred1\nblue1\n');
    const second = await view(bench, threadId);
    assert.deepEqual(texts(second), ['go', 'step 0', '', 'step 1', '', 'blue done']);
    assert.deepEqual(second.toolCalls.map((each) => [each.toolCallId, each.status]).toSorted(), [
      ['same', 'ok'],
      ['same_3', 'ok'],
    ]);
    assert.deepEqual(
      second.notes.map(({ type, data }) => data.code ?? type),
      ['model.switched', 'workspace_as_it_is'],
    );
    for (const branchId of [0, 1, 0]) await move(bench, threadId, branchId);
    const back = await view(bench, threadId);
    assert.deepEqual(back.toolCalls, first.toolCalls);
    assert.deepEqual(
      back.notes.map(({ data }) => data.code),
      ['workspace_as_it_is'],
    );
  });
});

test('after a restart another answer knows what the first one did: the ids of its calls, and the instructions it wrote', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-again-'));
  const script: Script = ({ messages }) =>
    messages.length > 1
      ? { text: 'done' }
      : { calls: [{ ...command('echo Be brief. > AGENTS.md'), id: 'same' }] };
  try {
    const before = await openWorkbench(script, { dataDir });
    const { threadId } = await before.run({ message: 'go', approvalMode: 'auto' });
    const first = await view(before, threadId);
    await before.close();
    const bench = await openWorkbench(script, { dataDir });
    assert.equal(await again(bench, threadId, idAt(first, 0)), 'done');
    assert.ok(bench.gateway.requests[0]?.system.includes('Be brief.'));
    const { toolCalls } = await view(bench, threadId);
    assert.deepEqual(
      [first.toolCalls, toolCalls].map((calls) => calls.map(({ toolCallId }) => toolCallId)),
      [['same'], ['same_2']],
    );
    await bench.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test('a failed answer is answered again, and each failure shows where it happened', () => {
  const fail = new CrosspointError('provider_overloaded', { provider: 'Red', tries: '3 tries' });
  return withBench(inOrder({ text: 'half', fail }, { text: 'whole' }), async (bench) => {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go' });
    await rejectsWith(bench.agent.answer(user, runId), 'provider_overloaded');
    const failed = await view(bench, threadId);
    assert.deepEqual([failed.runStatus, texts(failed)], ['error', ['go', 'half']]);
    assert.equal(await again(bench, threadId, idAt(failed, 1)), 'whole');
    const mended = await view(bench, threadId);
    assert.deepEqual([mended.runStatus, texts(mended), mended.notes], ['done', ['go', 'whole'], []]);
    await move(bench, threadId, 0);
    const back = await view(bench, threadId);
    assert.deepEqual([back.runStatus, back.notes.length], ['error', 1]);
  });
});

test('a model that failed for one answer may take over in another answer to the same message', () => {
  const fail = new CrosspointError('provider_overloaded', { provider: 'Someone', tries: '3 tries' });
  let down = 'demo';
  const script: Script = ({ target }) =>
    target.provider === down ? { fail } : { text: `${target.provider} answers` };
  return withBench(script, async (bench) => {
    const chain = { message: 'go', modelConfig: demo, fallbackModels: ['blue'] };
    const first = await bench.run(chain);
    assert.equal(response(first), 'blue answers');
    const { threadId } = first;
    down = 'red';
    await bench.agent.updateThread(user, threadId, { fallbackModels: [demo] });
    const messageId = idAt(await view(bench, threadId), 0);
    assert.equal(await again(bench, threadId, messageId, { modelName: 'red' }), 'demo answers');
  });
});

test('what was stopped for going in circles can be answered again, and is stopped anew after as many circles', () => {
  const script: Script = ({ target }) =>
    target.provider === 'red' ? { calls: [command('exit 1')] } : { text: 'blue sees a way' };
  return withBench(script, async (bench) => {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await rejectsWith(bench.agent.answer(user, runId), 'loop_detected');
    const circled = await view(bench, threadId);
    const last = idAt(circled, -2);
    await rejectsWith(again(bench, threadId, last), 'loop_detected');
    const { messages } = await view(bench, threadId);
    assert.equal(messages.length, circled.messages.length - 2 + 2 * 3);
    assert.equal(await again(bench, threadId, last, { modelName: 'blue' }), 'blue sees a way');
  });
});

test('the same request again is the same answer, from wherever the thread is; another one under its key is refused', () =>
  withBench(countingScript, async (bench) => {
    const { threadId } = await bench.run('one');
    const messageId = idAt(await view(bench, threadId), 0);
    const given = { threadId, messageId, modelName: 'blue', idempotencyKey: 'k', clientMessageId: 'c' };
    const accepted = await bench.agent.answerAgain(user, given);
    const answer = await bench.agent.answer(user, accepted.runId);
    await move(bench, threadId, 0);
    assert.deepEqual(await bench.agent.answerAgain(user, given), accepted);
    assert.deepEqual(await bench.agent.answer(user, accepted.runId), answer);
    await rejectsWith(bench.agent.answerAgain(user, { ...given, modelName: 'red' }), 'idempotency_conflict');
    await rejectsWith(
      bench.agent.start(user, { message: 'one', threadId, clientMessageId: 'c' }),
      'idempotency_conflict',
    );
    assert.equal((await view(bench, threadId)).forks[0]?.branchIds.length, 2);
    const [first] = await bench.store.events.list(threadId, accepted.afterEventId, 1);
    assert.equal(first?.type, 'thread.branched');
  }));

test('what is refused leaves the record as it was', () =>
  withBench(inOrder({ text: 'a' }, { calls: [command('true')] }, { hang: true }), async (bench) => {
    const { threadId } = await bench.run('one');
    const before = await view(bench, threadId);
    const messageId = idAt(before, 0);
    const unchanged = async () => {
      const { lastEventId, branchId, forks } = await view(bench, threadId);
      return [lastEventId, branchId, forks];
    };
    const refusals: [Promise<unknown>, string][] = [
      [again(bench, threadId, 'nobody'), 'not_found'],
      [again(bench, 'nothing', messageId), 'not_found'],
      [bench.agent.answerAgain('stranger', { threadId, messageId }), 'not_found'],
      [again(bench, threadId, messageId, { modelName: 'green' }), 'invalid_model_preset'],
      [move(bench, threadId, 1), 'not_found'],
      [bench.agent.updateThread('stranger', threadId, { branchId: 0 }), 'not_found'],
    ];
    for (const [work, code] of refusals) await rejectsWith(work, code);
    assert.deepEqual(await unchanged(), [before.lastEventId, 0, []]);
    await bench.run({ message: 'two', threadId });
    const waiting = await unchanged();
    await rejectsWith(again(bench, threadId, messageId), 'review_pending');
    assert.deepEqual(await unchanged(), waiting);
    await bench.agent.cancel(user, threadId);
    const result = await view(bench, threadId);
    await rejectsWith(again(bench, threadId, idAt(result, -1)), 'bad_request');
    const { runId } = await bench.agent.answerAgain(user, { threadId, messageId });
    await rejectsWith(bench.agent.answerAgain(user, { threadId, messageId }), 'run_active');
    await rejectsWith(move(bench, threadId, 0), 'run_active');
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: true });
    await bench.agent.answer(user, runId);
    assert.deepEqual((await view(bench, threadId)).modelConfig, red);
  }));
