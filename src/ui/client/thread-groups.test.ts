import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadSummary } from '#protocol/thread.ts';
import { threadView } from './testing/thread.ts';
import { groupThreads, matchThreads } from './thread-groups.ts';

const now = new Date(2026, 5, 17, 15);
const at = (...[day, hour]: [number, number]) => new Date(2026, 5, day, hour).toISOString();
const thread = (id: string, updatedAt: string, more: Partial<ThreadSummary> = {}): ThreadSummary =>
  threadView({ id, updatedAt, title: `Thread ${id}`, runStatus: 'done', ...more });

test('what needs a person comes first, then what runs, then by age', () => {
  const groups = groupThreads(
    [
      thread('old', new Date(2026, 2, 3).toISOString()),
      thread('week', at(12, 9)),
      thread('yesterday', at(16, 23)),
      thread('today', at(17, 1)),
      thread('later', at(17, 9)),
      thread('runs', at(17, 8), { runStatus: 'running' }),
      thread('asks', at(1, 8), { runStatus: 'awaiting_review' }),
    ],
    now,
  );
  assert.deepEqual(
    groups.map(({ threads }) => threads.map(({ id }) => id)),
    [['asks'], ['runs'], ['later', 'today'], ['yesterday'], ['week'], ['old']],
  );
  assert.deepEqual(
    groups.slice(0, 5).map(({ title }) => title),
    ['Needs you', 'Running', 'Today', 'Yesterday', 'Last 7 days'],
  );
});

test('no empty group is shown', () => {
  assert.deepEqual(groupThreads([], now), []);
});

test('a search finds titles with every word', () => {
  const list = [
    thread('a', at(1, 1), { title: 'Fix the build' }),
    thread('b', at(1, 1), { title: 'Fix a test' }),
  ];
  assert.deepEqual(
    matchThreads(list, 'BUILD fix').map(({ id }) => id),
    ['a'],
  );
});
