import { test } from 'node:test';
import assert from 'node:assert/strict';
import { usage } from './testing/thread.ts';
import { costByModel, mismatchesIn } from './usage-sum.ts';

test('what another model served is named once for each pair, and a dated version is none', () => {
  const entries = ['one-2026-01-02', 'two', 'two', 'three'].map((servedModel) => usage({ servedModel }));
  const pairs = [
    { asked: 'red/one', served: 'two' },
    { asked: 'red/one', served: 'three' },
  ];
  assert.deepEqual(mismatchesIn([...entries, usage()]), pairs);
  assert.deepEqual(
    costByModel([...entries, usage({ model: 'other' })]).map(({ served }) => served),
    [['two', 'three'], []],
  );
});
