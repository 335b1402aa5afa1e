import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCases } from '../eval/edits/cases.ts';

/** A part of `npm run eval -- edits`, which runs ten times as many. */
const perKind = 6;

test('of a thousand damaged edits of real files none is wrong, and 98 % of those with a right result are exact', () => {
  const cases = [...runCases(perKind)];
  assert.ok(cases.length >= 1_000, `only ${cases.length} cases`);
  const wrong = cases.filter(({ outcome }) => outcome === 'wrong');
  assert.deepEqual(
    wrong.map(({ format, damage, path, detail }) => ({ format, damage, path, written: detail?.written })),
    [],
  );
  const recoverable = cases.filter(({ hasResult }) => hasResult);
  const exact = recoverable.filter(({ outcome }) => outcome === 'exact').length;
  assert.ok(exact / recoverable.length >= 0.98, `${exact} of ${recoverable.length}`);
});
