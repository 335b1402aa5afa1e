import { test } from 'node:test';
import assert from 'node:assert/strict';
import { CrosspointError } from '#protocol/errors.ts';
import { command, rejectsWith, response, seen, write } from './testing/steps.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';

test('a stop while streaming keeps the text, marked partial; the next turn is valid', async () => {
  const bench = await openWorkbench((_request, count) =>
    count === 0 ? { text: 'half an answer ', hang: true } : { text: 'whole' },
  );
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go' });
    await seen(bench, threadId, 'message.delta');
    await bench.agent.cancel(user, threadId);
    assert.equal(response(await bench.agent.answer(user, runId)), 'half an answer ');
    const [, partial] = await bench.store.messages.list(threadId);
    assert.equal(partial?.status, 'partial');
    assert.deepEqual((await bench.events(threadId)).at(-1)?.data, {
      runId,
      status: 'cancelled',
      response: 'half an answer ',
    });
    assert.equal(response(await bench.run({ message: 'again', threadId })), 'whole');
  } finally {
    await bench.close();
  }
});

test('a stop inside a command kills it, leaves no dangling call, and the next turn is valid', async () => {
  const bench = await openWorkbench((_request, count) =>
    count === 0 ? { calls: [command('echo started; sleep 600'), write('b.txt', 'b')] } : { text: 'ok' },
  );
  try {
    const { threadId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await seen(bench, threadId, 'tool.output');
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: true });
    const results = await bench.results(threadId);
    assert.equal(results.length, 2);
    assert.match(
      results.find((part) => part.name === 'run_terminal_command')?.text ?? '',
      /stopped before it ended/,
    );
    assert.equal(response(await bench.run({ message: 'again', threadId })), 'ok');
  } finally {
    await bench.close();
  }
});

test('a call that was cut off is neither shown nor run (F7)', async () => {
  const bench = await openWorkbench(inOrder({ text: 'Writing.', lostCall: true, reason: 'length' }));
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await rejectsWith(bench.agent.answer(user, runId), 'truncated_tool_call');
    const types = await bench.types(threadId);
    assert.ok(!types.includes('tool.proposed') && !types.includes('tool.started'));
    assert.deepEqual(await bench.store.toolCalls.list(threadId), []);
    assert.equal((await bench.store.messages.list(threadId)).at(-1)?.status, 'partial');
    assert.equal(response(await bench.run({ message: 'again', threadId })), 'done');
  } finally {
    await bench.close();
  }
});

test('invalid calls are answered with an error, never shown for approval, and the model can mend them (F9)', async () => {
  const bad: { name: string; args: unknown }[] = [
    { name: 'no_such_tool', args: {} },
    { name: 'write_file', args: '{"path":' },
    { name: 'write_file', args: '["a"]' },
    { name: 'write_file', args: { path: 'a.txt' } },
    { name: 'write_file', args: '{"path":"a","content":"b","__proto__":{"x":1}}' },
    { name: 'write_file', args: '{"path":"a","content":"b","deep":{"lc":1}}' },
    { name: 'write_file', args: `{"path":"a","content":${'['.repeat(70)}${']'.repeat(70)}}` },
    { name: 'write_file', args: { path: 'a', content: 'x'.repeat(300_000) } },
    { name: 'write_file', args: '{"path":"a","content":"b","big":1e999}' },
    { name: 'edit_file', args: { path: 'a', patch: 'x', edits: [{ oldText: 'a', newText: 'b' }] } },
    { name: 'edit_file', args: { path: 'missing.txt', edits: [{ oldText: 'a', newText: 'b' }] } },
  ];
  const bench = await openWorkbench(inOrder({ calls: bad }, { text: 'sorry' }));
  try {
    const answer = await bench.run('go');
    assert.equal(response(answer), 'sorry');
    const results = await bench.results(answer.threadId);
    assert.equal(results.length, bad.length);
    assert.ok(results.every((part) => part.status === 'error'));
    assert.match(results[0]?.text ?? '', /There is no tool "no_such_tool"/);
    assert.match(results[9]?.text ?? '', /give only one of edits, patch and update/);
    const types = await bench.types(answer.threadId);
    assert.ok(!types.includes('review.requested') && !types.includes('tool.started'));
    // A history holds JSON objects only, whatever the model wrote.
    for (const message of bench.gateway.requests[1]?.messages ?? [])
      if (message.role === 'assistant')
        for (const part of message.parts)
          if (part.type === 'tool-call') assert.equal(typeof JSON.parse(part.args), 'object');
  } finally {
    await bench.close();
  }
});

test('three identical failing calls stop the run', async () => {
  const bench = await openWorkbench(() => ({ calls: [command('exit 3')] }));
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await rejectsWith(bench.agent.answer(user, runId), 'loop_detected');
    assert.equal(bench.gateway.requests.length, 3);
    assert.equal((await bench.types(threadId)).at(-1), 'run.finished');
  } finally {
    await bench.close();
  }
});

test('the step limit stops a run that never ends by itself', async () => {
  const script = (_request: unknown, count: number) => ({ calls: [command(`echo ${count}`)] });
  const bench = await openWorkbench(script, { limits: { steps: 4 } });
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await rejectsWith(bench.agent.answer(user, runId), 'step_limit');
    assert.equal(bench.gateway.requests.length, 4);
    bench.gateway.script = () => ({ text: 'finally' });
    assert.equal(response(await bench.run({ message: 'go on', threadId })), 'finally');
  } finally {
    await bench.close();
  }
});

test('a budget pauses before the next request and goes on when it is raised', async () => {
  const bench = await openWorkbench(inOrder({ calls: [command('true')], costUsd: 0.5 }, { text: 'paid' }));
  try {
    const { threadId } = await bench.run('hello');
    await bench.agent.cancel(user, threadId);
    await bench.agent.updateThread(user, threadId, { budgetUsd: 0.4, approvalMode: 'auto' });
    await rejectsWith(bench.run({ message: 'more', threadId }), 'budget_reached');
    assert.equal(bench.gateway.requests.length, 1);
    await bench.agent.updateThread(user, threadId, { budgetUsd: 1 });
    assert.equal(response(await bench.run({ message: 'go on', threadId })), 'paid');
  } finally {
    await bench.close();
  }
});

test('a failing provider ends the run with its typed error and keeps what had arrived', async () => {
  const fail = new CrosspointError('provider_stream_cut', { provider: 'Red' });
  const bench = await openWorkbench(inOrder({ text: 'so far so ', fail }));
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go' });
    await rejectsWith(bench.agent.answer(user, runId), 'provider_stream_cut');
    const last = (await bench.events(threadId)).at(-1);
    assert.deepEqual(last?.data, {
      runId,
      status: 'error',
      response: 'so far so ',
      error: fail.message,
      code: 'provider_stream_cut',
    });
    assert.equal(response(await bench.run({ message: 'again', threadId })), 'done');
    assert.match(
      JSON.stringify(bench.gateway.requests[1]?.messages),
      /so far so\\n\\n\[This answer broke off here/,
    );
  } finally {
    await bench.close();
  }
});

test('an empty answer is asked for once more, visibly', async () => {
  const bench = await openWorkbench(inOrder({}, { text: 'here' }));
  try {
    const answer = await bench.run('go');
    assert.equal(response(answer), 'here');
    const notices = (await bench.events(answer.threadId)).filter((event) => event.type === 'notice');
    assert.deepEqual(
      notices.map((event) => event.data.code),
      ['empty_answer'],
    );
  } finally {
    await bench.close();
  }
});

test('retries and changes of route are visible in the stream', async () => {
  const bench = await openWorkbench(inOrder({ retried: true, text: 'at last' }));
  try {
    const { threadId } = await bench.run('go');
    const types = await bench.types(threadId);
    assert.deepEqual(
      types.filter((type) => type !== 'message.delta'),
      [
        'run.started',
        'model.started',
        'retrying',
        'notice',
        'model.started',
        'model.finished',
        'run.finished',
      ],
    );
  } finally {
    await bench.close();
  }
});

test('a clean shutdown ends running runs as interrupted and keeps what had arrived', async () => {
  const bench = await openWorkbench(() => ({ text: 'half ', hang: true }));
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go' });
    await seen(bench, threadId, 'message.delta');
    await bench.agent.close();
    await rejectsWith(bench.agent.answer(user, runId), 'interrupted');
    const last = (await bench.events(threadId)).at(-1);
    assert.ok(last?.type === 'run.finished' && last.data.status === 'interrupted');
    assert.equal((await bench.store.messages.list(threadId)).at(-1)?.status, 'partial');
  } finally {
    await bench.close();
  }
});

test('a stale owner writes nothing after another run has taken the thread (I7)', async () => {
  const gate = Promise.withResolvers<void>();
  const bench = await openWorkbench(async () => {
    await gate.promise;
    return { text: 'too late', calls: [write('late.txt', 'x')] };
  });
  try {
    const { threadId, runId } = await bench.agent.start(user, { message: 'go', approvalMode: 'auto' });
    await seen(bench, threadId, 'model.started');
    const finishedAt = new Date().toISOString();
    await bench.store.runs.finish(runId, { status: 'interrupted', code: 'interrupted', finishedAt });
    await bench.store.runs.start({
      id: 'run_other',
      threadId,
      userId: user,
      turnId: 't',
      messageId: null,
      createdAt: finishedAt,
    });
    const before = await bench.events(threadId);
    gate.resolve();
    await rejectsWith(bench.agent.answer(user, runId), 'interrupted');
    assert.deepEqual(await bench.events(threadId), before);
    assert.equal((await bench.store.messages.list(threadId)).length, 1);
    assert.throws(() => bench.file(threadId, 'late.txt'));
  } finally {
    await bench.close();
  }
});

test('an edit that cannot be applied is not shown; several edits of one message are tried in their turn', async () => {
  const edit = (oldText: string, newText: string) => ({
    name: 'edit_file',
    args: { path: 'a.txt', edits: [{ oldText, newText }] },
  });
  const bench = await openWorkbench(
    inOrder(
      { calls: [write('a.txt', 'one\ntwo\n')] },
      { calls: [edit('ten', 'x')] },
      { calls: [edit('one', '1')] },
    ),
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    assert.equal(bench.file(threadId, 'a.txt'), '1\ntwo\n');
    const started = (await bench.types(threadId)).filter((type) => type === 'tool.started');
    assert.equal(started.length, 2, 'the impossible edit was never started');
    assert.match((await bench.results(threadId))[1]?.text ?? '', /oldText does not stand in a\.txt/);
  } finally {
    await bench.close();
  }
});

test('without a sandbox the conversation goes on and tools answer with the sentence that mends it', async () => {
  const failure = new CrosspointError('sandbox_unavailable', {
    reason: 'bubblewrap is missing.',
    remedy: 'Install it.',
  });
  const sandboxes = {
    name: 'local' as const,
    selfTest: () => Promise.resolve({ ok: false as const, reason: 'no', remedy: 'yes' }),
    open: () => Promise.reject(failure),
    state: () => Promise.reject(failure),
    remove: () => Promise.reject(failure),
    list: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  const bench: Workbench = await openWorkbench(
    async ({ context }, count) => {
      if (count === 0) return { calls: [command('true'), write('a', 'b')] };
      // A new thread's sandbox is opened while its model answers.
      await seen(bench, context.threadId ?? '', 'notice');
      return { text: 'I cannot.' };
    },
    { sandboxes },
  );
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto', currentFile: 'a.txt' });
    assert.equal(response(answer), 'I cannot.');
    const results = await bench.results(answer.threadId);
    assert.ok(results.every((result) => result.status === 'error' && result.text.includes('Install it.')));
    const notice = (await bench.events(answer.threadId)).find((event) => event.type === 'notice');
    assert.equal(notice?.data.code, 'sandbox_unavailable');
  } finally {
    await bench.close();
  }
});
