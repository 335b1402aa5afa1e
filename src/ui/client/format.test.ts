import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, duration, money, plural, price, priceText, tokens } from './format.ts';
import { usage } from './testing/thread.ts';
import { costByModel, sumUsage } from './usage-sum.ts';

test('a small cost never reads as none, and an unknown one never as a number', () => {
  assert.deepEqual([0, 0.000001, 0.00042, 0.0312, 12.5, 1234.5].map(money), [
    '$0.00',
    '< $0.00001',
    '$0.00042',
    '$0.03',
    '$12.50',
    '$1,235',
  ]);
  assert.equal(money(null), 'price unknown');
});

test('prices per 1M tokens say when they are second-hand or unknown', () => {
  assert.deepEqual([5, 0.3, 0.075, 0, null].map(price), ['$5', '$0.30', '$0.075', 'free', '?']);
  assert.equal(priceText({ cost: { input: 5, output: 25 }, approximate: true }), 'about $5 in · $25 out');
  assert.equal(priceText({ cost: { input: null, output: null } }), 'price unknown');
  assert.equal(priceText({ cost: { input: 0, output: 0 } }), 'free');
});

test('counts, times and sizes are short', () => {
  assert.deepEqual([999, 1_500, 38_211, 1_050_000].map(tokens), ['999', '1.5k', '38k', '1.1M']);
  assert.deepEqual([5, 240, 4_000, 125_000].map(duration), ['5 ms', '0.2 s', '4 s', '2 min 5 s']);
  assert.deepEqual([812, 3_412, 2_000_000].map(bytes), ['812 B', '3.4 kB', '2 MB']);
  assert.deepEqual([plural(1, 'call'), plural(3, 'call')], ['1 call', '3 calls']);
});

test('one unknown price makes a sum unknown, one count of ours makes it an estimate', () => {
  assert.equal(sumUsage([usage(), usage({ costUsd: null })]).costUsd, null);
  assert.equal(sumUsage([usage(), usage({ estimated: true })]).estimated, true);
  assert.equal(sumUsage([usage(), usage()]).costUsd, 1);
});

test('the cost of a thread is told by model, in the order of use', () => {
  const rows = costByModel([usage(), usage({ provider: 'blue' }), usage()]);
  assert.deepEqual(
    rows.map(({ model, total }) => [model, total.requests]),
    [
      ['red/one', 2],
      ['blue/one', 1],
    ],
  );
});
