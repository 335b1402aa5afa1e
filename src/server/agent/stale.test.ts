import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Approval, ProposedCall } from '#protocol/review.ts';
import { createAdmissions } from '#server/gateway/limits/admissions.ts';
import { openLimitStore } from '#server/gateway/limits/sqlite-limit-store.ts';
import { noLimits } from '#server/gateway/testing/limited-call.ts';
import { memoryLedger } from '#server/gateway/testing/memory-ledger.ts';
import { MorphService, type MergeReply } from '#tests/support/morph/service.ts';
import { openFastApply } from './fast-apply.ts';
import type { Reply } from './testing/scripted-gateway.ts';
import { inOrder, openWorkbench, user, type Workbench } from './testing/workbench.ts';
import { createTools } from './tools/index.ts';
import { fileHash } from './tools/text-file.ts';
import type { StartCommand } from './types.ts';

const base = 'one\ntwo\nthree\nfour\nfive\n';
const edit = (oldText: string, newText: string) => ({
  name: 'edit_file',
  args: { path: 'a.txt', edits: [{ oldText, newText }] },
});
const write = (content: string) => ({ name: 'write_file', args: { path: 'a.txt', content } });
const read = { name: 'read_file', args: { path: 'a.txt' } };
const command = (text: string) => ({ name: 'run_terminal_command', args: { command: text } });

/** A thread with the file, made in a run of its own; then what a person asks for next. */
async function withFile(bench: Workbench, more: Partial<StartCommand> = {}) {
  const first = await bench.run({ message: 'make it', approvalMode: 'auto' });
  const { threadId } = first;
  const answer = await bench.run({ message: 'go', threadId, approvalMode: 'ask', ...more });
  const person = (text: string) => writeFileSync(join(bench.dataDir, 'workspaces', threadId, 'a.txt'), text);
  return { threadId, answer, person };
}

const made = { calls: [write(base)] };
const done = { text: 'made' };

async function toReview(replies: Reply[], more: Partial<StartCommand> = {}, parts: object = {}) {
  const bench = await openWorkbench(inOrder(made, done, ...replies), parts);
  const { threadId, answer, person } = await withFile(bench, more);
  assert.ok('interrupt' in answer, 'no review was requested');
  const { toolCalls } = answer.data;
  const approveAll: Approval = { action: 'approved' };
  return {
    bench,
    threadId,
    toolCalls,
    person,
    async decide(approval: Approval = approveAll) {
      const accepted = await bench.agent.decide(user, { threadId, approval });
      await bench.agent.answer(user, accepted.runId);
      return (await bench.results(threadId)).slice(1);
    },
    file: () => bench.file(threadId, 'a.txt'),
    async shown(): Promise<ProposedCall[]> {
      return (await bench.agent.getThread(user, threadId)).pendingReview?.toolCalls ?? [];
    },
    [Symbol.asyncDispose]: () => bench.close(),
  };
}

const approvedAs = ({ id, hash, diff }: ProposedCall): Approval => ({
  decisions: [{ toolCallId: id, hash, action: 'approved', base: diff?.base ?? null }],
});

test('a change is not written over a file that was changed after it was shown, and everybody is told', async () => {
  for (const call of [edit('two', 'TWO'), write('new\n')]) {
    await using review = await toReview([{ calls: [call] }]);
    review.person(base.replace('five', 'FIVE'));
    const [result] = await review.decide();
    assert.equal(result?.status, 'error');
    assert.match(
      result.text,
      /^a\.txt was changed after this change of it was shown, so nothing was written\. Read/,
    );
    assert.equal(review.file(), base.replace('five', 'FIVE'));
    const events = await review.bench.events(review.threadId);
    assert.ok(events.some(({ type, data }) => type === 'notice' && data.code === 'file_changed'));
  }
});

test('a file that was made, or removed, meanwhile is another one too', async () => {
  await using review = await toReview([
    { calls: [{ name: 'write_file', args: { path: 'b.txt', content: 'b' } }] },
  ]);
  writeFileSync(join(review.bench.dataDir, 'workspaces', review.threadId, 'b.txt'), 'of a person');
  const [result] = await review.decide();
  assert.match(result?.text ?? '', /nothing was written/);
  assert.equal(review.bench.file(review.threadId, 'b.txt'), 'of a person');
});

test('who looks again sees the change of the file as it is now, and may approve that', async () => {
  await using review = await toReview([{ calls: [edit('two', 'TWO')] }]);
  const unchanged = await review.shown();
  assert.deepEqual(unchanged, review.toolCalls);
  const now = base.replace('five', 'FIVE');
  review.person(now);
  const [call] = await review.shown();
  assert.ok(call?.diff);
  assert.match(
    call.stale ?? '',
    /^a\.txt was changed since this was proposed\. This is what it would do now\.$/,
  );
  assert.deepEqual([call.diff.before, call.diff.after], [now, now.replace('two', 'TWO')]);
  assert.equal(call.diff.base, fileHash(now));
  const [result] = await review.decide(approvedAs(call));
  assert.equal(result?.status, 'ok');
  assert.equal(review.file(), now.replace('two', 'TWO'));
});

test('what was seen again and then changed once more is not written', async () => {
  await using review = await toReview([{ calls: [edit('two', 'TWO')] }]);
  review.person(base.replace('five', 'FIVE'));
  const [call] = await review.shown();
  assert.ok(call);
  review.person(base.replace('five', '5'));
  const [result] = await review.decide(approvedAs(call));
  assert.match(result?.text ?? '', /nothing was written/);
  assert.equal(review.file(), base.replace('five', '5'));
});

test('a change that cannot be made any more says so, and so does one that would lose what somebody wrote', async () => {
  for (const [call, reason] of [
    [edit('two', 'TWO'), /cannot be made any more\. .*does not stand in a\.txt/],
    [write('new\n'), /cannot be made any more\. a\.txt was changed since you last saw it/],
  ] as const) {
    await using review = await toReview([{ calls: [call] }]);
    review.person(base.replace('two', '2'));
    const [shown] = await review.shown();
    assert.match(shown?.stale ?? '', reason);
  }
});

test('calls of one review build on each other: two edits, and an edit behind a command that changed the file', async () => {
  const calls = [
    edit('two', 'TWO'),
    edit('four', 'FOUR'),
    command('sed -i s/one/ONE/ a.txt'),
    edit('five', 'FIVE'),
  ];
  await using review = await toReview([{ calls }]);
  const results = await review.decide();
  assert.deepEqual(
    results.map(({ status }) => status),
    ['ok', 'ok', 'ok', 'ok'],
  );
  assert.equal(review.file(), 'ONE\nTWO\nthree\nFOUR\nFIVE\n');
});

test('an edit that needs the one before it in its message waits for its turn', async () => {
  await using review = await toReview([{ calls: [edit('two', 'TWO'), edit('TWO', 'second')] }]);
  assert.equal(review.toolCalls[1]?.diff, undefined);
  await review.decide();
  assert.equal(review.file(), base.replace('two', 'second'));
});

test('a rejected first edit leaves the second one as it was shown', async () => {
  await using review = await toReview([{ calls: [edit('two', 'TWO'), edit('four', 'FOUR')] }]);
  const decisions = review.toolCalls.map(({ id, hash }, index) => ({
    toolCallId: id,
    hash,
    action: index === 0 ? ('rejected' as const) : ('approved' as const),
  }));
  await review.decide({ decisions });
  assert.equal(review.file(), base.replace('four', 'FOUR'));
});

test('a whole file is not written over one that changed since the model saw it; an exact edit of it is made, with a note', async () => {
  const replies: Reply[] = [
    made,
    done,
    { calls: [read, command('echo six >> a.txt')] },
    { calls: [write('new\n')] },
  ];
  const bench = await openWorkbench(
    inOrder(...replies, { calls: [edit('two', 'TWO')] }, { calls: [read] }, { calls: [write('new\n')] }),
  );
  try {
    const { threadId } = await withFile(bench, { approvalMode: 'auto' });
    const [, , , refused, edited, , written] = await bench.results(threadId);
    assert.equal(refused?.status, 'error');
    assert.match(refused.text, /^Error: a\.txt was changed since you last saw it/);
    assert.match(
      edited?.text ?? '',
      /^Edited a\.txt \(\+1 -1\)\. The file had been changed since you last saw it/,
    );
    assert.match(written?.text ?? '', /^Wrote a\.txt \(\+1 -6\)\.$/);
    assert.equal(bench.file(threadId, 'a.txt'), 'new\n');
  } finally {
    await bench.close();
  }
});

test('a file that the model never saw may be written and edited, as scripts do', async () => {
  const bench = await openWorkbench(
    inOrder({ calls: [command(`printf 'one\\ntwo\\n' > a.txt`)] }, { calls: [edit('two', 'TWO')] }),
  );
  try {
    const { threadId } = await bench.run({ message: 'go', approvalMode: 'auto' });
    assert.match((await bench.results(threadId))[1]?.text ?? '', /^Edited a\.txt \(\+1 -1\)\.$/);
  } finally {
    await bench.close();
  }
});

test('edits of threads that share a workspace never write over each other', async () => {
  const lines = Array.from({ length: 30 }, (_value, index) => `line ${index}`);
  const bench = await openWorkbench(({ messages }) => {
    const last = messages.at(-1);
    const asked = last?.role === 'user' ? /from (\d+)/.exec(JSON.stringify(last.parts)) : null;
    if (!asked) return last?.role === 'user' ? { calls: [write(`${lines.join('\n')}\n`)] } : { text: 'done' };
    const from = Number(asked[1]);
    return { calls: lines.slice(from, from + 10).map((line) => edit(`${line}\n`, `${line} changed\n`)) };
  });
  try {
    const first = await bench.run({ message: 'make it', approvalMode: 'auto' });
    const { sandboxId } = 'state' in first ? first.state : assert.fail('a review');
    await Promise.all(
      [0, 10, 20].map((from) => bench.run({ message: `from ${from}`, approvalMode: 'auto', sandboxId })),
    );
    assert.equal(bench.file(first.threadId, 'a.txt'), lines.map((line) => `${line} changed\n`).join(''));
  } finally {
    await bench.close();
  }
});

const lazy = {
  name: 'edit_file',
  args: {
    path: 'a.txt',
    instructions: 'Say it loudly.',
    update: '... existing code ...\ntwo\nTHREE\nfour\n... existing code ...',
  },
};
const merged = base.replace('three', 'THREE');

async function morphParts(reply: () => MergeReply) {
  const morph = await new MorphService(reply).start();
  const store = openLimitStore({ path: ':memory:' });
  const admissions = createAdmissions({ store, settings: () => noLimits });
  const config = { morph: { key: morph.key, baseUrl: morph.baseUrl }, deadlineScale: 1 };
  const fastApply = openFastApply(config, { ledger: memoryLedger(), admissions });
  return {
    morph,
    tools: createTools({ fastApply }),
    async [Symbol.asyncDispose]() {
      await fastApply?.close();
      await morph.stop();
      store.close();
    },
  };
}

test('a merge is made when it is proposed, shown, and written as it was shown: never merged again', async () => {
  await using parts = await morphParts(() => ({ text: merged }));
  await using review = await toReview([{ calls: [lazy] }], { useMorph: true }, { tools: parts.tools });
  assert.equal(review.toolCalls[0]?.diff?.after, merged);
  parts.morph.reply = () => ({ text: 'something else\n' });
  const [result] = await review.decide();
  assert.match(result?.text ?? '', /^Edited a\.txt \(\+1 -1\)\.$/);
  assert.equal(review.file(), merged);
  assert.equal(parts.morph.asked.length, 1);
});

test('a merge outlives the process between its proposal and its approval', async () => {
  await using parts = await morphParts(() => ({ text: merged }));
  await using review = await toReview([{ calls: [lazy] }], { useMorph: true }, { tools: parts.tools });
  await using again = await reopened(review.bench, parts.tools);
  const accepted = await again.bench.agent.decide(user, {
    threadId: review.threadId,
    approval: { action: 'approved' },
  });
  await again.bench.agent.answer(user, accepted.runId);
  assert.equal(review.file(), merged);
  assert.equal(parts.morph.asked.length, 1);
});

async function reopened({ dataDir }: Workbench, tools: ReturnType<typeof createTools>) {
  const bench = await openWorkbench(inOrder(done), { dataDir, tools });
  return { bench, [Symbol.asyncDispose]: () => bench.close() };
}

test('a merge is not written into another file than the one it was made from, in no mode', async () => {
  await using parts = await morphParts(() => ({ text: merged }));
  await using review = await toReview([{ calls: [lazy] }], { useMorph: true }, { tools: parts.tools });
  review.person(base.replace('five', 'FIVE'));
  const [call] = await review.shown();
  assert.match(call?.stale ?? '', /merged into the file as it was, so it will not be written/);
  assert.ok(call);
  const [result] = await review.decide({
    decisions: [
      {
        toolCallId: call.id,
        hash: call.hash,
        action: 'approved',
        base: fileHash(base.replace('five', 'FIVE')),
      },
    ],
  });
  assert.match(result?.text ?? '', /nothing was written/);
  const calls = [command('echo six >> a.txt'), lazy];
  const bench = await openWorkbench(inOrder(made, done, { calls }), { tools: parts.tools });
  try {
    const { threadId } = await withFile(bench, { approvalMode: 'auto', useMorph: true });
    const [, ran, stale] = await bench.results(threadId);
    assert.deepEqual([ran?.status, stale?.status], ['ok', 'error']);
    assert.match(stale?.text ?? '', /was changed after this change of it was shown/);
    assert.equal(bench.file(threadId, 'a.txt'), `${base}six\n`);
  } finally {
    await bench.close();
  }
});

test("a person's other arguments are no approval of the merge that was shown", async () => {
  await using parts = await morphParts(() => ({ text: merged }));
  await using review = await toReview([{ calls: [lazy] }], { useMorph: true }, { tools: parts.tools });
  const [call] = review.toolCalls;
  assert.ok(call);
  const args = { ...lazy.args, update: 'one\n2\nthree' };
  const [result] = await review.decide({
    decisions: [{ toolCallId: call.id, hash: call.hash, action: 'edit', args }],
  });
  assert.match(result?.text ?? '', /changed after it was merged and shown\. Nothing was written/);
  assert.equal(review.file(), base);
});

test('a failed merge is answered at once, asks nobody, and is no failure of the run', async () => {
  await using parts = await morphParts(() => ({ text: base.replace('five', 'FIVE') }));
  const bench = await openWorkbench(inOrder(made, done, { calls: [lazy] }), { tools: parts.tools });
  try {
    const { threadId, answer } = await withFile(bench, { useMorph: true });
    assert.ok(!('interrupt' in answer));
    const [, result] = await bench.results(threadId);
    assert.match(
      result?.text ?? '',
      /^Error: The update could not be merged.*Make the change with edits instead/,
    );
    assert.equal(bench.file(threadId, 'a.txt'), base);
  } finally {
    await bench.close();
  }
});

test('update is told of, and taken, only where Morph is there and the thread wants it; the bytes are the same each time', async () => {
  await using parts = await morphParts(() => ({ text: merged }));
  const offered = async (useMorph: boolean, tools?: typeof parts.tools) => {
    const bench = await openWorkbench(inOrder(made, done, { calls: [lazy] }), tools ? { tools } : {});
    try {
      const { threadId } = await withFile(bench, { useMorph, approvalMode: 'auto' });
      const texts = bench.gateway.requests
        .slice(2)
        .map((request) => JSON.stringify(request.tools.find(({ name }) => name === 'edit_file')));
      assert.equal(new Set(texts).size, 1);
      return { text: texts[0] ?? '', result: (await bench.results(threadId))[1]?.text ?? '' };
    } finally {
      await bench.close();
    }
  };
  const with_ = await offered(true, parts.tools);
  assert.match(with_.text, /"update":/);
  assert.match(with_.result, /^Edited/);
  for (const { text, result } of [await offered(false, parts.tools), await offered(true)]) {
    assert.doesNotMatch(text, /update/);
    assert.match(result, /update is not available here\. Nothing was changed\. Use edits/);
  }
});
