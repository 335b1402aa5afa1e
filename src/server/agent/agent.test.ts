import { test } from 'node:test';
import assert from 'node:assert/strict';
import { command, rejectsWith, response, write } from './testing/steps.ts';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

test('a full turn: text, a file written, a command run, one event for each step, one terminal event last', async () => {
  const bench = await openWorkbench(
    inOrder(
      { text: 'I will write it.', calls: [write('hello.txt', 'hi\n')] },
      { calls: [command('cat hello.txt')] },
      { text: 'It says hi.' },
    ),
  );
  try {
    const answer = await bench.run({ message: 'Say hi in a file\nplease', approvalMode: 'auto' });
    assert.equal(response(answer), 'It says hi.');
    assert.equal(bench.file(answer.threadId, 'hello.txt'), 'hi\n');
    const results = await bench.results(answer.threadId);
    assert.match(results[1]?.text ?? '', /exit code 0\n\nstdout:\nhi/);
    const types = await bench.types(answer.threadId);
    assert.equal(types[0], 'run.started');
    assert.equal(types.filter((type) => type === 'run.finished').length, 1);
    assert.equal(types.at(-1), 'run.finished');
    const order = ['tool.proposed', 'model.finished', 'tool.started', 'tool.finished'];
    assert.deepEqual(
      types.filter((type) => order.includes(type)),
      [...order, ...order, 'model.finished'],
    );
    const thread = await bench.agent.getThread(user, answer.threadId);
    assert.equal(thread.title, 'Say hi in a file');
    assert.equal(thread.messages.filter((message) => message.usage).length, 3);
    assert.equal(thread.runStatus, 'done');
    assert.ok('usage' in answer && answer.usage.length === 3);
  } finally {
    await bench.close();
  }
});

test('the sum of the text events is the stored text (I8)', async () => {
  const bench = await openWorkbench(inOrder({ reasoning: 'let me think', text: 'one two three\nfour' }));
  try {
    const { threadId } = await bench.run('go');
    const events = await bench.events(threadId);
    const text = events.map((event) => (event.type === 'message.delta' ? event.data.text : '')).join('');
    const [, stored] = await bench.store.messages.list(threadId);
    assert.deepEqual(stored?.parts, [
      { type: 'reasoning', text: 'let me think' },
      { type: 'text', text },
    ]);
    assert.deepEqual(
      events.map((event) => event.id),
      events.map((_event, index) => index + 1),
    );
  } finally {
    await bench.close();
  }
});

test('parallel calls all run, and every request holds each call with its one result (I4)', async () => {
  const calls = ['a', 'b', 'c'].map((name) => write(`${name}.txt`, name));
  const bench = await openWorkbench(inOrder({ calls }, { text: 'all three' }));
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto' });
    for (const name of ['a', 'b', 'c']) assert.equal(bench.file(answer.threadId, `${name}.txt`), name);
    assert.equal(response(answer), 'all three');
  } finally {
    await bench.close();
  }
});

test('the system prompt keeps its bytes from turn to turn, and every request begins with the one before', async () => {
  const bench = await openWorkbench((_request, count) => ({ text: `answer ${count}` }));
  try {
    const { threadId } = await bench.run('first');
    await bench.run({ message: 'second', threadId, currentFile: 'missing.txt' });
    await bench.run({ message: 'third', threadId });
    const [first, second, third] = bench.gateway.requests;
    assert.equal(first?.system, third?.system);
    assert.deepEqual(second?.messages.slice(0, 1), first?.messages);
    assert.deepEqual(third?.messages.slice(0, 3), second?.messages);
    assert.match(JSON.stringify(second?.messages.at(-1)), /missing\.txt \(open in the editor\)/);
  } finally {
    await bench.close();
  }
});

test('AGENTS.md of the workspace is in the system prompt, and changes it only when it changes', async () => {
  const bench = await openWorkbench((_request, count) =>
    count === 0 ? { calls: [write('AGENTS.md', 'Use tabs.')] } : { text: 'ok' },
  );
  try {
    const { threadId } = await bench.run({ message: 'one', approvalMode: 'auto' });
    await bench.run({ message: 'two', threadId });
    await bench.run({ message: 'three', threadId });
    const systems = bench.gateway.requests.map((request) => request.system);
    assert.equal(systems[0], systems[1]);
    assert.doesNotMatch(systems[1] ?? '', /Use tabs/);
    assert.match(systems[2] ?? '', /<project_instructions>\nUse tabs\.\n<\/project_instructions>/);
    assert.equal(systems[2], systems[3]);
  } finally {
    await bench.close();
  }
});

test('a second message while a run is active is refused; the first goes on (I7)', async () => {
  const bench = await openWorkbench(() => ({ text: 'thinking ', hang: true }));
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'one' });
    await rejectsWith(bench.agent.start(user, { message: 'two', threadId }), 'run_active');
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: true });
    assert.ok('response' in (await bench.agent.answer(user, runId)));
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: false });
  } finally {
    await bench.close();
  }
});

test('the same key gives the same run, another body is refused, nothing runs twice (F27)', async () => {
  const bench = await openWorkbench(inOrder({ text: 'once' }));
  try {
    const body = { message: 'go', clientMessageId: 'm-1', idempotencyKey: 'k-1' };
    const all = await Promise.all(Array.from({ length: 10 }, () => bench.agent.start(user, body)));
    assert.equal(
      new Set(all.map(({ runId, threadId, afterEventId }) => `${runId} ${threadId} ${afterEventId}`)).size,
      1,
    );
    const [{ runId, threadId }] = all as [(typeof all)[0]];
    assert.equal(response(await bench.agent.answer(user, runId)), 'once');
    assert.deepEqual(await bench.agent.start(user, { message: 'go', clientMessageId: 'm-1' }), all[0]);
    await rejectsWith(
      bench.agent.start(user, { message: 'other', clientMessageId: 'm-1' }),
      'idempotency_conflict',
    );
    await rejectsWith(bench.agent.start(user, { ...body, threadId }), 'idempotency_conflict');
    assert.equal((await bench.agent.listThreads(user)).length, 1);
    assert.equal(bench.gateway.requests.length, 1);
    const other = await bench.agent.start('user-2', body);
    assert.notEqual(other.threadId, threadId);
  } finally {
    await bench.close();
  }
});

test('equal call ids in one thread are told apart', async () => {
  const call = { id: 'functions.write_file:0', ...write('a.txt', '1') };
  const bench = await openWorkbench(
    inOrder({ calls: [call, { ...call, ...write('b.txt', '2') }] }, { calls: [call] }),
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    assert.equal(bench.file(threadId, 'b.txt'), '2');
    const rows = await bench.store.toolCalls.list(threadId);
    assert.equal(new Set(rows.map((row) => row.toolCallId)).size, 3);
    assert.ok(rows.every((row) => row.status === 'ok'));
  } finally {
    await bench.close();
  }
});

test('a model changed between turns is a recorded switch, used from the next request, and survives turns without a name', async () => {
  const bench = await openWorkbench(() => ({ text: 'hi' }));
  try {
    const { threadId } = await bench.run('one');
    const preview = await bench.agent.previewSwitch(user, threadId, { modelName: 'blue' });
    await bench.agent.updateThread(user, threadId, { modelName: 'blue' });
    await bench.run({ message: 'two', threadId });
    await bench.run({
      message: 'three',
      threadId,
      modelConfig: { provider: 'red', model: 'red-1', temperature: 0.5 },
    });
    await bench.run({ message: 'four', threadId });
    const used = bench.gateway.requests.map(({ target, settings }) => [
      target.provider,
      settings.temperature,
    ]);
    assert.deepEqual(used, [
      ['red', undefined],
      ['blue', undefined],
      ['red', 0.5],
      ['red', 0.5],
    ]);
    const switches = (await bench.events(threadId)).filter((event) => event.type === 'model.switched');
    assert.deepEqual(
      switches.map(({ data }) => [data.from, data.to, data.by]),
      [
        ['red/red-1', 'blue/blue-1', 'user'],
        ['blue/blue-1', 'red/red-1', 'user'],
      ],
    );
    assert.deepEqual(switches[0]?.data.receipt, preview);
    await rejectsWith(
      bench.agent.updateThread(user, threadId, { modelConfig: { provider: 'red', model: 'retired' } }),
      'model_retired',
    );
    await rejectsWith(bench.run({ message: 'x', threadId, modelName: 'nope' }), 'invalid_model_preset');
    const thread = await bench.agent.getThread(user, threadId);
    assert.equal(thread.notes.filter((note) => note.type === 'model.switched').length, 2);
  } finally {
    await bench.close();
  }
});

test("another person's thread, run and sandbox do not exist (I10)", async () => {
  const bench = await openWorkbench(() => ({ text: 'hi' }));
  try {
    const { threadId, runId } = await bench.run('mine');
    const stranger = 'user-2';
    await rejectsWith(bench.agent.getThread(stranger, threadId), 'not_found');
    await rejectsWith(bench.agent.answer(stranger, runId), 'not_found');
    await rejectsWith(bench.agent.cancel(stranger, threadId), 'not_found');
    await rejectsWith(bench.agent.deleteThread(stranger, threadId), 'not_found');
    await rejectsWith(bench.agent.start(stranger, { message: 'x', threadId }), 'not_found');
    await rejectsWith(bench.agent.start(stranger, { message: 'x', sandboxId: threadId }), 'not_found');
    await rejectsWith(
      bench.agent.decide(stranger, { threadId, approval: { action: 'approved' } }),
      'not_found',
    );
    assert.deepEqual(await bench.agent.listThreads(stranger), []);
  } finally {
    await bench.close();
  }
});

test('the demo gets its sample project once, into an empty workspace only', async () => {
  const seed = { demoProject: () => ({ 'README.md': '# Sample\n', 'src/total.js': 'x\n' }) };
  const bench = await openWorkbench(() => ({ text: 'hi' }), { seed });
  try {
    const { threadId } = await bench.run({ message: 'go', modelName: 'demo' });
    await bench.run({ message: 'again', threadId });
    assert.equal(bench.file(threadId, 'src/total.js'), 'x\n');
    const notices = (await bench.events(threadId)).filter((event) => event.type === 'notice');
    assert.deepEqual(
      notices.map((event) => event.data.code),
      ['sample_project'],
    );
    const other = await bench.run({ message: 'go', modelName: 'red' });
    assert.throws(() => bench.file(other.threadId, 'README.md'));
  } finally {
    await bench.close();
  }
});

test('a deleted thread leaves no rows, no checkpoint and no workspace', async () => {
  const bench = await openWorkbench(() => ({ calls: [command('true')] }));
  try {
    const answer = await bench.run('go');
    assert.ok('interrupt' in answer);
    const run = await bench.store.runs.get(answer.runId);
    await bench.agent.deleteThread(user, answer.threadId);
    await rejectsWith(bench.agent.getThread(user, answer.threadId), 'not_found');
    assert.deepEqual(await bench.events(answer.threadId), []);
    const config = { configurable: { thread_id: run?.turnId } };
    assert.equal(await bench.checkpointer.getTuple(config), undefined);
    assert.throws(() => bench.file(answer.threadId, '.'));
  } finally {
    await bench.close();
  }
});
