import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { CheckpointMetadata, CheckpointTuple } from '@langchain/langgraph-checkpoint';
import type { CrosspointError } from '#protocol/errors.ts';
import type { Approval, ReviewRequest } from '#protocol/review.ts';
import { rejectsWith, write } from './testing/steps.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';

const append = (text: string) => ({
  name: 'run_terminal_command',
  args: { command: `echo ${text} >> effects.txt` },
});

/** Starts a run that ends with a review, and gives what a person is shown. */
async function toReview(bench: Workbench): Promise<{ threadId: string; runId: string; data: ReviewRequest }> {
  const answer = await bench.run('go');
  assert.ok('interrupt' in answer, 'no review was requested');
  return answer;
}

async function decide(bench: Workbench, threadId: string, approval: Approval, newModelName?: string) {
  const command = { threadId, approval, ...(newModelName ? { newModelName } : {}) };
  const accepted = await bench.agent.decide(user, command);
  return bench.agent.answer(user, accepted.runId);
}

/** The effects of the commands, one a line; none when the file was never made. */
function effects(bench: Workbench, threadId: string): string[] {
  try {
    return bench.file(threadId, 'effects.txt').trim().split('\n');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

test('a review shows the exact arguments, their hash and the diff; nothing has run', async () => {
  const bench = await openWorkbench(inOrder({ calls: [write('a.txt', 'one\ntwo\n'), append('x')] }));
  try {
    const { threadId, runId, data } = await toReview(bench);
    assert.deepEqual(data.toolCalls[0]?.diff, {
      path: 'a.txt',
      before: '',
      after: 'one\ntwo\n',
      added: 2,
      removed: 0,
      isNew: true,
    });
    assert.match(data.toolCalls[1]?.hash ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual(data.toolCalls[1]?.args, append('x').args);
    const thread = await bench.agent.getThread(user, threadId);
    assert.deepEqual(thread.pendingReview, { ...data, runId });
    assert.equal(thread.runStatus, 'awaiting_review');
    assert.deepEqual((await bench.types(threadId)).slice(-2), ['review.requested', 'run.finished']);
    assert.throws(() => bench.file(threadId, 'a.txt'));
    await rejectsWith(bench.agent.start(user, { message: 'hello?', threadId }), 'review_pending');
  } finally {
    await bench.close();
  }
});

test('approved: every call of the batch runs once, and a new run of the same turn goes on', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x'), append('y')] }, { text: 'both' }));
  try {
    const { threadId, runId } = await toReview(bench);
    const answer = await decide(bench, threadId, { action: 'approved' });
    assert.ok('response' in answer && answer.response === 'both' && answer.runId !== runId);
    assert.deepEqual(effects(bench, threadId).sort(), ['x', 'y']);
    const types = await bench.types(threadId);
    assert.equal(types.filter((type) => type === 'run.finished').length, 2);
    const runs = await Promise.all([runId, answer.runId].map((id) => bench.store.runs.get(id)));
    assert.equal(runs[0]?.turnId, runs[1]?.turnId);
    const checkpoint = await bench.checkpointer.getTuple({ configurable: { thread_id: runs[0]?.turnId } });
    assert.equal(checkpoint, undefined);
  } finally {
    await bench.close();
  }
});

test('rejected: nothing runs and the model reads the reason', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x')] }, { text: 'I see' }));
  try {
    const { threadId } = await toReview(bench);
    await decide(bench, threadId, { action: 'rejected', reason: 'Use the library.' });
    assert.deepEqual(effects(bench, threadId), []);
    const [result] = await bench.results(threadId);
    assert.equal(result?.status, 'rejected');
    assert.match(result?.text ?? '', /rejected this call.*Reason: Use the library\./);
    assert.match(JSON.stringify(bench.gateway.requests[1]?.messages), /Use the library/);
  } finally {
    await bench.close();
  }
});

test('edit with words: nothing runs and the model reads the words', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x'), append('y')] }, { text: 'ok' }));
  try {
    const { threadId } = await toReview(bench);
    await rejectsWith(decide(bench, threadId, { action: 'edit' }), 'bad_request');
    await decide(bench, threadId, { action: 'edit', edits: 'Write it to log.txt instead.' });
    assert.deepEqual(effects(bench, threadId), []);
    const results = await bench.results(threadId);
    assert.deepEqual(
      results.map((result) => result.status),
      ['not_run', 'not_run'],
    );
    assert.match(results[1]?.text ?? '', /Write it to log\.txt instead\./);
  } finally {
    await bench.close();
  }
});

test('one by one: approved, edited, rejected and forgotten in one batch each get what was decided', async () => {
  const calls = [append('a'), append('b'), append('c'), append('d'), { name: 'list_files', args: {} }];
  const bench = await openWorkbench(inOrder({ calls }, { text: 'ok' }));
  try {
    const { threadId, data } = await toReview(bench);
    assert.equal(data.toolCalls.length, 4, 'the read needs no review');
    const [a, b, c] = data.toolCalls.map(({ id, hash }) => ({ toolCallId: id, hash }));
    assert.ok(a && b && c);
    const edited = { command: 'echo EDITED >> effects.txt' };
    await rejectsWith(
      decide(bench, threadId, { decisions: [{ ...a, hash: 'f'.repeat(64), action: 'approved' }] }),
      'arguments_changed',
    );
    await rejectsWith(
      decide(bench, threadId, { decisions: [{ ...b, action: 'edit', args: { command: 7 } }] }),
      'bad_request',
    );
    await decide(bench, threadId, {
      decisions: [
        { ...a, action: 'approved' },
        { ...b, action: 'edit', args: edited },
        { ...c, action: 'rejected', reason: 'no' },
      ],
    });
    assert.deepEqual(effects(bench, threadId).sort(), ['EDITED', 'a']);
    const results = await bench.results(threadId);
    const statusOf = new Map(results.map((result) => [result.toolCallId, result]));
    assert.deepEqual(
      data.toolCalls.map(({ id }) => statusOf.get(id)?.status),
      ['ok', 'ok', 'rejected', 'rejected'],
    );
    assert.equal(results.length, 5, 'the read ran too');
    const toModel = JSON.stringify(bench.gateway.requests[1]?.messages);
    assert.match(toModel, /The person changed the arguments of this call\. What ran:.*EDITED/);
    const row = await bench.store.toolCalls.get(threadId, b.toolCallId);
    assert.notEqual(row?.decision?.argsHash, row?.argsHash);
  } finally {
    await bench.close();
  }
});

test('change_model: nothing runs, the switch has a receipt, and the new model goes on at once', async () => {
  const bench = await openWorkbench(
    inOrder({ calls: [append('x'), { name: 'list_files', args: {} }] }, { text: 'blue here' }),
  );
  try {
    const { threadId } = await toReview(bench);
    await rejectsWith(decide(bench, threadId, { action: 'change_model' }), 'missing_model');
    await rejectsWith(decide(bench, threadId, { action: 'change_model' }, 'nope'), 'invalid_model_preset');
    const answer = await decide(bench, threadId, { action: 'change_model' }, 'blue');
    assert.ok('response' in answer && answer.response === 'blue here');
    assert.equal(answer.state.modelUsed, 'blue/blue-1');
    assert.deepEqual(effects(bench, threadId), []);
    const results = await bench.results(threadId);
    assert.deepEqual(
      results.map((result) => result.status),
      ['not_run', 'not_run'],
    );
    const switched = (await bench.events(threadId)).find((event) => event.type === 'model.switched');
    assert.equal(switched?.data.receipt.kept.toolCalls, 2);
    assert.deepEqual(
      switched.data.receipt.converted,
      [],
      'a call that waits for its review is not a lost one',
    );
    assert.equal((await bench.agent.getThread(user, threadId)).modelConfig.provider, 'blue');
  } finally {
    await bench.close();
  }
});

test('a new model may come with any decision: the calls run, and it reads their results', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x')] }, { text: 'ok' }));
  try {
    const { threadId, data } = await toReview(bench);
    const [call] = data.toolCalls;
    assert.ok(call);
    await decide(bench, threadId, {
      decisions: [{ toolCallId: call.id, hash: call.hash, action: 'approved' }],
      newModelConfig: { provider: 'blue', model: 'blue-1' },
    });
    assert.deepEqual(effects(bench, threadId), ['x']);
    assert.equal(bench.gateway.requests[1]?.target.provider, 'blue');
  } finally {
    await bench.close();
  }
});

test('50 simultaneous equal decisions run the effect once and all get the same run (F26, I6)', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x')] }, { calls: [append('second')] }));
  try {
    const { threadId } = await toReview(bench);
    const approval = { action: 'approved' as const };
    const all = await Promise.all(
      Array.from({ length: 50 }, () => bench.agent.decide(user, { threadId, approval })),
    );
    assert.equal(new Set(all.map((accepted) => JSON.stringify(accepted))).size, 1);
    await bench.agent.answer(user, all[0]?.runId ?? '');
    assert.deepEqual(effects(bench, threadId), ['x'], 'the next review was not answered by a repeat');
  } finally {
    await bench.close();
  }
});

test('approve and reject at once: one wins, the other is refused, the record and the effect agree', async () => {
  for (let round = 0; round < 10; round += 1) {
    const bench = await openWorkbench(inOrder({ calls: [append('x')] }));
    try {
      const { threadId } = await toReview(bench);
      const actions = ['approved', 'rejected', 'approved', 'rejected'] as const;
      const settled = await Promise.allSettled(
        actions.map((action) => bench.agent.decide(user, { threadId, approval: { action } })),
      );
      const won = actions.filter((_action, index) => settled[index]?.status === 'fulfilled');
      assert.equal(new Set(won).size, 1);
      for (const result of settled)
        if (result.status === 'rejected')
          assert.equal((result.reason as CrosspointError).code, 'already_decided');
        else await bench.agent.answer(user, result.value.runId);
      assert.deepEqual(effects(bench, threadId), won[0] === 'approved' ? ['x'] : []);
    } finally {
      await bench.close();
    }
  }
});

test('late decisions: an equal one gets the same answer, another one is refused, whatever came since', async () => {
  const bench = await openWorkbench(
    inOrder({ calls: [append('x')] }, { calls: [append('y')] }, { text: 'ok' }),
  );
  try {
    const { threadId, runId, data } = await toReview(bench);
    const [call] = data.toolCalls;
    assert.ok(call);
    const decision = { toolCallId: call.id, hash: call.hash, action: 'approved' as const };
    const first = await bench.agent.decide(user, { threadId, approval: { decisions: [decision] } });
    await bench.agent.answer(user, first.runId);
    // A second review waits now; a late answer to the first one must not meet it.
    assert.deepEqual(
      await bench.agent.decide(user, { threadId, approval: { decisions: [decision] } }),
      first,
    );
    const other = { ...decision, action: 'rejected' as const };
    await rejectsWith(decide(bench, threadId, { decisions: [other] }), 'already_decided');
    const late = { threadId, approval: { action: 'approved' as const }, runId };
    await rejectsWith(bench.agent.decide(user, late), 'already_decided');
    assert.deepEqual(effects(bench, threadId), ['x']);
    await decide(bench, threadId, { action: 'rejected' });
    await rejectsWith(decide(bench, threadId, { action: 'approved' }), 'already_decided');
    const quiet = await bench.run({ message: 'no calls' });
    await rejectsWith(decide(bench, quiet.threadId, { action: 'approved' }), 'nothing_to_review');
  } finally {
    await bench.close();
  }
});

test('a pending review can be cancelled: nothing runs, no call dangles, and a decision comes too late', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x')] }, { text: 'fine' }));
  try {
    const { threadId } = await toReview(bench);
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: true });
    await rejectsWith(decide(bench, threadId, { action: 'approved' }), 'nothing_to_review');
    assert.deepEqual(await bench.agent.cancel(user, threadId), { cancelled: false });
    const thread = await bench.agent.getThread(user, threadId);
    assert.equal(thread.runStatus, 'cancelled');
    assert.equal(thread.pendingReview, null);
    const answer = await bench.run({ message: 'go on', threadId });
    assert.ok('response' in answer && answer.response === 'fine');
    assert.deepEqual(effects(bench, threadId), []);
  } finally {
    await bench.close();
  }
});

test('cancel and approve at once: either the effect happens once or not at all, and the record says which', async () => {
  for (let round = 0; round < 10; round += 1) {
    const bench = await openWorkbench(inOrder({ calls: [append('x')] }));
    try {
      const { threadId } = await toReview(bench);
      const [cancelled, decided] = await Promise.allSettled([
        bench.agent.cancel(user, threadId),
        bench.agent.decide(user, { threadId, approval: { action: 'approved' } }),
      ]);
      if (decided.status === 'fulfilled') await bench.agent.answer(user, decided.value.runId);
      const [result] = await bench.results(threadId);
      assert.equal(cancelled.status, 'fulfilled');
      if (decided.status === 'rejected') assert.deepEqual(effects(bench, threadId), []);
      if (result?.status === 'ok') assert.deepEqual(effects(bench, threadId), ['x']);
      else assert.deepEqual(effects(bench, threadId), []);
    } finally {
      await bench.close();
    }
  }
});

test('a lost checkpoint loses nothing: the approved calls run and the turn goes on', async () => {
  const bench = await openWorkbench(inOrder({ calls: [append('x'), append('y')] }, { text: 'still here' }));
  try {
    const { threadId, runId } = await toReview(bench);
    const run = await bench.store.runs.get(runId);
    await bench.checkpointer.deleteThread(run?.turnId ?? '');
    const answer = await decide(bench, threadId, { action: 'approved' });
    assert.ok('response' in answer && answer.response === 'still here');
    assert.deepEqual(effects(bench, threadId).sort(), ['x', 'y']);
  } finally {
    await bench.close();
  }
});

/** Puts the checkpoints of a turn back to what they were: what power loss may do to a file that does not wait for the disk. */
async function keepCheckpoints({ checkpointer }: Workbench, turnId: string): Promise<() => Promise<void>> {
  const kept: CheckpointTuple[] = [];
  for await (const tuple of checkpointer.list({ configurable: { thread_id: turnId } })) kept.push(tuple);
  return async () => {
    await checkpointer.deleteThread(turnId);
    for (const { config, parentConfig, checkpoint, metadata, pendingWrites = [] } of kept.toReversed()) {
      await checkpointer.put(
        parentConfig ?? { configurable: { thread_id: turnId } },
        checkpoint,
        metadata as CheckpointMetadata,
      );
      for (const [taskId, channel, value] of pendingWrites)
        await checkpointer.putWrites(config, [[channel, value]], taskId);
    }
  };
}

test('a checkpoint that is older than the review runs what the review says, and nothing twice', async () => {
  const bench = await openWorkbench(
    inOrder({ calls: [append('first')] }, { calls: [append('second'), append('third')] }, { text: 'whole' }),
  );
  try {
    const { threadId, runId } = await toReview(bench);
    const run = await bench.store.runs.get(runId);
    const restore = await keepCheckpoints(bench, run?.turnId ?? '');
    const second = await decide(bench, threadId, { action: 'approved' });
    assert.ok('interrupt' in second);
    await restore();
    const [call] = second.data.toolCalls;
    const decisions = second.data.toolCalls.map(({ id: toolCallId, hash }) => ({
      toolCallId,
      hash,
      action: toolCallId === call?.id ? ('approved' as const) : ('rejected' as const),
    }));
    const answer = await decide(bench, threadId, { decisions });
    assert.ok('response' in answer && answer.response === 'whole');
    assert.deepEqual(effects(bench, threadId), ['first', 'second']);
  } finally {
    await bench.close();
  }
});

test('approval modes: auto-edit lets edits pass and asks for commands; auto asks for nothing', async () => {
  const bench = await openWorkbench(
    inOrder({ calls: [write('a.txt', 'a')] }, { calls: [append('x')] }, { calls: [append('y')] }),
  );
  try {
    const answer = await bench.run({ message: 'go', approvalMode: 'auto-edit' });
    assert.ok('interrupt' in answer);
    assert.equal(bench.file(answer.threadId, 'a.txt'), 'a');
    assert.equal(answer.data.toolCalls[0]?.name, 'run_terminal_command');
    await bench.agent.updateThread(user, answer.threadId, { approvalMode: 'auto' });
    await decide(bench, answer.threadId, { action: 'approved' });
    assert.deepEqual(effects(bench, answer.threadId), ['x', 'y']);
    const rows = await bench.store.toolCalls.list(answer.threadId);
    const deciders = rows.map(({ name, decision }) => `${name} ${decision?.by}`).sort();
    assert.deepEqual(deciders, ['run_terminal_command mode', 'run_terminal_command user', 'write_file mode']);
  } finally {
    await bench.close();
  }
});
