import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Approval } from '#protocol/review.ts';
import { startProviders, type Answer, type Asked, type Providers } from '#tests/upstreams/index.ts';
import { Crosspoint } from './support/crosspoint.ts';
import { targetNames, targets, type TargetName } from './support/targets.ts';

const append = (word: string) => ({
  name: 'run_terminal_command',
  args: { command: `echo ${word} >> effects.txt` },
});

/** Two reviewed calls at once, then the end of the turn; or an answer that breaks off within a call. */
function model({ lastUserText, step }: Asked): Answer {
  if (step > 0 || /next/.test(lastUserText)) return { reasoning: 'Enough.', text: 'The end.' };
  const cut = { name: 'write_file', args: '{"path":"cut.txt","content":"half of i' };
  if (/too long/.test(lastUserText)) return { text: 'I write.', calls: [cut], finish: 'length' };
  if (/lost/.test(lastUserText))
    return { text: 'I write.', calls: [append('lost')], fault: { kind: 'cut', after: 'call', how: 'reset' } };
  return { reasoning: 'Two things.', text: 'Two things.', calls: [append('one'), append('two')] };
}

let providers: Providers;
let crosspoint: Crosspoint;
before(async () => {
  providers = await startProviders({ script: model });
  crosspoint = await Crosspoint.start(providers.env());
});
after(async () => {
  await crosspoint.remove();
  await providers.close();
});

async function effects(threadId: string): Promise<string[]> {
  const response = await crosspoint.request('GET', `/api/threads/${threadId}/files/content?path=effects.txt`);
  if (response.status === 404) return [];
  return ((await response.json()) as { content: string }).content.trim().split('\n').sort();
}

async function toReview(name: TargetName) {
  const asked = await crosspoint.say({ message: 'Go.', modelConfig: targets[name] });
  assert.ok('interrupt' in asked);
  return asked;
}

/** Whatever came before, the next request of the thread is one that every provider takes. */
async function assertGoesOn(threadId: string): Promise<void> {
  const answer = await crosspoint.say({ message: 'What next?', threadId });
  assert.ok('response' in answer && answer.response === 'The end.');
  assert.deepEqual(
    providers.refusals.map(({ provider, refusal }) => [provider, refusal]),
    [],
  );
  assert.deepEqual(providers.mistakes, []);
}

const answers: { name: string; approval: Approval; effects: string[] }[] = [
  { name: 'rejected', approval: { action: 'rejected', reason: 'no' }, effects: [] },
  { name: 'answered with words', approval: { action: 'edit', edits: 'Do it differently.' }, effects: [] },
  { name: 'approved', approval: { action: 'approved' }, effects: ['one', 'two'] },
];

for (const name of targetNames) {
  for (const { name: how, approval, effects: expected } of answers)
    test(`${name}: calls that are ${how} leave nothing dangling`, async () => {
      const { threadId } = await toReview(name);
      const answer = await crosspoint.decide(threadId, approval);
      assert.ok('response' in answer);
      assert.deepEqual(await effects(threadId), expected);
      await assertGoesOn(threadId);
    });

  test(`${name}: one call edited, one rejected, then a review that is cancelled`, async () => {
    const { threadId, data } = await toReview(name);
    const [first, second] = data.toolCalls;
    assert.ok(first && second);
    await crosspoint.decide(threadId, {
      decisions: [
        {
          toolCallId: first.id,
          hash: first.hash,
          action: 'edit',
          args: { command: 'echo mine >> effects.txt' },
        },
        { toolCallId: second.id, hash: second.hash, action: 'rejected' },
      ],
    });
    assert.deepEqual(await effects(threadId), ['mine']);
    const again = await crosspoint.say({ message: 'Go again.', threadId });
    assert.ok('interrupt' in again);
    assert.deepEqual(await crosspoint.api('POST', `/api/threads/${threadId}/cancel`, {}), {
      cancelled: true,
    });
    assert.deepEqual(await effects(threadId), ['mine']);
    await assertGoesOn(threadId);
  });

  test(`${name}: a call that is cut by the output limit, or lost with its stream, is neither shown nor run (F7)`, async () => {
    for (const message of ['This gets too long.', 'This gets lost.']) {
      const events = [];
      const command = { message, modelConfig: targets[name] };
      for await (const event of crosspoint.stream(command)) events.push(event);
      const types = events.map(({ type }) => type);
      assert.ok(!types.includes('tool.proposed') && !types.includes('review.requested'), types.join(' '));
      const end = events.at(-1);
      assert.ok(end?.type === 'run.finished' && end.data.status === 'error', JSON.stringify(end));
      const started = events.find(({ type }) => type === 'run.started');
      assert.ok(started?.type === 'run.started');
      assert.deepEqual(await effects(started.data.threadId), []);
      await assertGoesOn(started.data.threadId);
    }
  });
}

test('50 simultaneous decisions, for and against: one wins, the effect happens at most once', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { threadId } = await toReview('groq');
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_value, index) => {
        const approval = { action: index % 2 ? 'approved' : 'rejected' };
        const response = await crosspoint.request('PUT', '/api/agent', { threadId, approval });
        const body = (await response.json()) as { runId?: string; code?: string };
        return { approved: index % 2 === 1, status: response.status, ...body };
      }),
    );
    const winners = statuses.filter(({ status }) => status === 200);
    const losers = statuses.filter(({ status }) => status !== 200);
    assert.equal(winners.length, 25);
    assert.equal(new Set(winners.map(({ approved, runId }) => `${approved} ${runId}`)).size, 1);
    assert.ok(losers.every(({ status, code }) => status === 409 && code === 'already_decided'));
    assert.deepEqual(await effects(threadId), winners[0]?.approved ? ['one', 'two'] : []);
  }
});
