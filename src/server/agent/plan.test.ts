import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOrder, openWorkbench, user } from './testing/workbench.ts';

const plan = (...items: [string, string][]) => ({
  name: 'update_plan',
  args: { items: items.map(([text, status]) => ({ text, status })) },
});

test('the plan is the newest list on the active branch: for every model, after a restart, and back with a rewind', async () => {
  const script = inOrder(
    { calls: [plan(['Look', 'in_progress'], ['Mend', 'pending'])] },
    { calls: [plan(['Look', 'done'], ['Mend', 'in_progress'])] },
    { text: 'half way' },
    { calls: [plan(['Look', 'done'], ['Mend', 'done'])] },
    { text: 'all done' },
  );
  const bench = await openWorkbench(script);
  try {
    const { threadId } = await bench.run({ message: 'one' });
    const view = () => bench.agent.getThread(user, threadId);
    assert.deepEqual((await view()).plan, [
      { text: 'Look', status: 'done' },
      { text: 'Mend', status: 'in_progress' },
    ]);
    await bench.run({ threadId, message: 'two', modelName: 'blue' });
    const both = await view();
    assert.ok(both.plan.every(({ status }) => status === 'done'));
    const second = both.messages.findLast(({ role }) => role === 'user');
    await bench.agent.rewindConversation(user, threadId, second?.id ?? '');
    assert.deepEqual(
      (await view()).plan.map(({ status }) => status),
      ['done', 'in_progress'],
    );
    const types = await bench.types(threadId);
    assert.ok(!types.includes('review.requested'), 'a plan needs no approval');
  } finally {
    await bench.close();
  }
});

test('a list that is not of its form changes no plan, and the model reads what is wrong', async () => {
  const long = Array.from({ length: 41 }, (_, index): [string, string] => [`Step ${index}`, 'pending']);
  const script = inOrder(
    { calls: [plan(['Keep\n me', 'pending'])] },
    { calls: [plan(['x'.repeat(201), 'pending'])] },
    { calls: [plan(['Look', 'someday'])] },
    { calls: [plan(...long)] },
    { calls: [plan(['a', 'in_progress'], ['b', 'in_progress'])] },
    { calls: [plan()] },
  );
  const bench = await openWorkbench(script);
  try {
    const { threadId } = await bench.run('go');
    const texts = (await bench.results(threadId)).map(({ text }) => text);
    assert.match(texts[1] ?? '', /items\.0\.text: is longer than 200 characters/);
    assert.match(texts[2] ?? '', /items\.0\.status: must be one of pending, in_progress/);
    assert.match(texts[3] ?? '', /items: are more than 40/);
    assert.match(texts[4] ?? '', /2 steps are in_progress/);
    assert.equal(texts[5], 'The plan was taken away.');
    assert.deepEqual((await bench.agent.getThread(user, threadId)).plan, []);
  } finally {
    await bench.close();
  }
});
