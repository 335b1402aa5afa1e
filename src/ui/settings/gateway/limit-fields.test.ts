import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readBudget, readLimits } from './limit-fields.ts';
import { budgetWords, limitWords, spentWords } from './limit-words.ts';

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test('an empty field is no limit, and none is not nothing', () => {
  const empty = {
    requestsPerMinute: '',
    tokensPerMinute: ' ',
    concurrency: '',
    queueSeconds: '',
    budgetUsd: '',
  };
  assert.deepEqual([readLimits(form(empty)), readBudget(form(empty))], [{}, null]);
  assert.deepEqual(readBudget(form({ budgetUsd: '0', budgetPeriod: 'day' })), { usd: 0, period: 'day' });
});

test('what a person types comes out in the words of the same', () => {
  const limits = readLimits(
    form({ requestsPerMinute: '1200', tokensPerMinute: '50000', concurrency: '4', queueSeconds: '2.5' }),
  );
  const budget = readBudget(form({ budgetUsd: '12.5', budgetPeriod: 'month', allowUnpriced: 'on' }));
  assert.deepEqual(limits, {
    requestsPerMinute: 1_200,
    tokensPerMinute: 50_000,
    concurrency: 4,
    queueMs: 2_500,
  });
  assert.equal(
    limitWords(limits),
    '1,200 requests a minute, 50k tokens a minute, 4 at once, waits up to 2.5 s',
  );
  assert.equal(budget && budgetWords(budget), '$12.50 a month, models of unknown price allowed');
  assert.equal(limitWords({}), '');
});

test('what is spent of a budget is told with what is held, what could not be counted and when it counts anew', () => {
  const budget = { usd: 5, period: 'month' as const };
  const use = { spentUsd: 1.2, heldUsd: 0, unpricedCalls: 0, resetsAt: null };
  assert.equal(spentWords(budget, null), 'budget $5.00 a month');
  assert.equal(spentWords(budget, use), '$1.20 of $5.00 a month spent');
  assert.match(
    spentWords(budget, { ...use, heldUsd: 0.25, unpricedCalls: 1, resetsAt: '2035-12-01T12:00:00Z' }),
    /^\$1\.20 of \$5\.00 a month spent · up to \$0\.25 more by calls under way · 1 call of unknown price not counted · counts anew .*2035/,
  );
});
