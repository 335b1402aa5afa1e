import { test } from 'node:test';
import assert from 'node:assert/strict';
import { megabytes, readBounds } from './cache-fields.ts';
import { readBreaker } from './endpoints/breaker-fields.ts';

function form(fields: Record<string, string | number>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, String(value));
  return data;
}

test('a size that nobody touched stays to the byte, and another one is what was typed', () => {
  const before = { maxBytes: 256 * 2 ** 20, maxEntries: 100_000 };
  const shown = megabytes(before.maxBytes);
  assert.equal(shown, '268.4');
  assert.deepEqual(readBounds(form({ maxMegabytes: shown, maxEntries: 5 }), before), {
    maxBytes: before.maxBytes,
    maxEntries: 5,
  });
  assert.equal(readBounds(form({ maxMegabytes: 0.5, maxEntries: 5 }), before).maxBytes, 500_000);
});

test('a share of failures is typed in percent and stored as it is written in a file', () => {
  const before = { errorRatio: 0.5, minRequests: 5, windowSeconds: 60, openSeconds: 15, probes: 1 };
  assert.deepEqual(readBreaker(form({}), before), before);
  assert.deepEqual(
    readBreaker(
      form({ errorPercent: 7, minRequests: 3, windowSeconds: 30, openSeconds: 0.5, probes: 2 }),
      before,
    ),
    { errorRatio: 0.07, minRequests: 3, windowSeconds: 30, openSeconds: 0.5, probes: 2 },
  );
});
