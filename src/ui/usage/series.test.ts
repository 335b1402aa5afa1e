import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { TimelineDay } from '#protocol/usage-reports.ts';
import { cumulativeCost, seriesByModel, tokenSeries } from './series.ts';
import { totalOf } from './totals.ts';

const days = ['2026-03-01', '2026-03-02'];
const row = (day: string, model: string, figures: Partial<TimelineDay>): TimelineDay => ({
  ...totalOf([]),
  day,
  provider: 'red',
  model,
  ...figures,
});
const byCost = (rows: TimelineDay[]) =>
  seriesByModel(
    rows,
    days,
    ({ costUsd }) => costUsd,
    (id) => id,
  );

test('the most expensive models have a colour each, the others one together, and nothing is lost', () => {
  const rows = Array.from({ length: 9 }, (_, index) =>
    row('2026-03-02', `m${index}`, { costUsd: index + 1 }),
  );
  const series = byCost([...rows, row('2026-03-01', 'm8', { costUsd: 100 })]);
  assert.deepEqual(
    series.map(({ name, values }) => [name, values]),
    [
      ['red/m8', [100, 9]],
      ['red/m7', [0, 8]],
      ['red/m6', [0, 7]],
      ['red/m5', [0, 6]],
      ['red/m4', [0, 5]],
      ['red/m3', [0, 4]],
      ['3 others', [0, 6]],
    ],
  );
  assert.equal(new Set(series.map(({ colour }) => colour)).size, 7);
});

test('a model that cost nothing has no place, and a seventh keeps its name', () => {
  const rows = Array.from({ length: 7 }, (_, index) => row('2026-03-02', `m${index}`, { costUsd: 1 }));
  const names = byCost([...rows, row('2026-03-01', 'free', {})]).map(({ name }) => name);
  assert.deepEqual(names, ['red/m0', 'red/m1', 'red/m2', 'red/m3', 'red/m4', 'red/m5', 'red/m6']);
});

test('input is told as what was read anew and what the provider had in its cache', () => {
  const figures = { inputTokens: 100, cacheReadTokens: 60, cacheWriteTokens: 10, outputTokens: 5 };
  assert.deepEqual(
    tokenSeries([row('2026-03-01', 'one', figures), row('2026-03-01', 'two', figures)], days).map(
      ({ name, values }) => [name, values],
    ),
    [
      ['Fresh input', [60, 0]],
      ['Written to the cache', [20, 0]],
      ['Cached input', [120, 0]],
      ['Output', [10, 0]],
    ],
  );
});

test('what a month cost adds up day by day, whatever the model', () => {
  const rows = [
    row('2026-03-01', 'one', { costUsd: 1 }),
    row('2026-03-01', 'two', { costUsd: 2 }),
    row('2026-03-02', 'one', { costUsd: 4 }),
  ];
  assert.deepEqual(cumulativeCost(rows, [...days, '2026-03-03']), [3, 7, 7]);
});
