import { test } from 'node:test';
import assert from 'node:assert/strict';
import { costWords, errorRate, percent, totalOf } from './totals.ts';

const cost = (costUsd: number, unpriced = 0, estimated = 0) => costWords({ costUsd, unpriced, estimated });

test('an unknown price is never shown as nothing, and a counted one says "about"', () => {
  assert.deepEqual(
    [cost(1.5), cost(0), cost(0, 2), cost(1.5, 2), cost(1.5, 2, 1), cost(1.5, 0, 1), cost(0, 0, 1)],
    ['$1.50', '$0.00', 'price unknown', 'at least $1.50', 'at least $1.50', 'about $1.50', '$0.00'],
  );
});

test('what a caller gave up is no failure, and no share reads as none when there is one', () => {
  const day = { ...totalOf([]), requests: 12, failed: 1, aborted: 2 };
  assert.equal(errorRate(day), 0.1);
  assert.equal(errorRate({ ...day, failed: 0, aborted: 12 }), null);
  assert.deepEqual([null, 0, 0.0001, 0.0044, 0.5].map(percent), ['–', '0 %', '< 0.1 %', '0.4 %', '50 %']);
});

test('days add up in every figure', () => {
  const day = Object.fromEntries(Object.keys(totalOf([])).map((field, index) => [field, index + 1]));
  const one = { ...totalOf([]), ...day };
  assert.deepEqual(
    totalOf([one, one]),
    Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value * 2])),
  );
});
