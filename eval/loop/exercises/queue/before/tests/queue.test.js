import { test } from 'node:test';
import assert from 'node:assert/strict';
import { TaskQueue } from '../src/queue.js';

test('every task runs, and never more than the limit', { timeout: 5_000 }, async () => {
  const queue = new TaskQueue(2);
  let running = 0;
  let most = 0;
  const task = (value) => async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    return value;
  };
  assert.deepEqual(
    await Promise.all([1, 2, 3, 4, 5].map((value) => queue.add(task(value)))),
    [1, 2, 3, 4, 5],
  );
  assert.equal(most, 2);
});

test('a failure does not stop the others', { timeout: 5_000 }, async () => {
  const queue = new TaskQueue(1);
  await assert.rejects(
    queue.add(() => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await queue.add(async () => 'yes'), 'yes');
});
