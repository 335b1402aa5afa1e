import { test } from 'node:test';
import assert from 'node:assert/strict';
import { placesOf } from './attempt-places.ts';

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString();

test('attempts stand on one line of time: what was waited for, what was written, and the pause between', () => {
  assert.deepEqual(
    placesOf([
      { timestamp: at(0), latencyMs: 2_000, ttftMs: null },
      { timestamp: at(5), latencyMs: 5_000, ttftMs: 1_000 },
    ]),
    [
      { start: 0, waiting: 20, writing: 0, pauseMs: 0 },
      { start: 50, waiting: 10, writing: 40, pauseMs: 3_000 },
    ],
  );
});

test('an attempt that took no time is drawn all the same', () => {
  assert.deepEqual(placesOf([{ timestamp: at(0), latencyMs: 0, ttftMs: null }]), [
    { start: 0, waiting: 0, writing: 0, pauseMs: 0 },
  ]);
});
