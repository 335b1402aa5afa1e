import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastDays } from './last-days.ts';

test('30 days up to today are shown, days without a request included', () => {
  const sum = {
    key: '2026-03-01',
    requests: 2,
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.5,
    unpriced: 0,
  };
  const days = lastDays([sum, { ...sum, key: '2026-01-01' }], new Date('2026-03-02T12:00:00Z'));
  assert.equal(days.length, 30);
  assert.deepEqual(days.slice(-2), [
    { key: '2026-03-01', costUsd: 0.5, tokens: 15 },
    { key: '2026-03-02', costUsd: 0, tokens: 0 },
  ]);
  assert.equal(days[0]?.key, '2026-02-01');
});
