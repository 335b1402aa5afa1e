import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countLineChanges } from '../line-changes.ts';
import { lineHunks } from './line-hunks.ts';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 14 });

test('the lines between the hunks are the same on both sides, and no shorter way is there', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const hunks = lineHunks(before, after);
      assert.ok(hunks);
      const replayed: string[] = [];
      let at = 0;
      let changes = 0;
      for (const { before: gone, after: come } of hunks) {
        replayed.push(...before.slice(at, gone[0]), ...after.slice(...come));
        at = gone[1];
        changes += gone[1] - gone[0] + come[1] - come[0];
      }
      assert.deepEqual([...replayed, ...before.slice(at)], after);
      const text = (list: string[]) => list.map((line) => `${line}\n`).join('');
      const { added, removed } = countLineChanges(text(before), text(after));
      assert.equal(changes, added + removed);
    }),
    { numRuns: 2_000 },
  );
});

test('two texts with nothing in common are given up', () => {
  const many = (word: string) => Array.from({ length: 3_000 }, (_value, index) => `${word} ${index}`);
  assert.equal(lineHunks(many('a'), many('b')), null);
  assert.deepEqual(lineHunks(many('a'), many('a')), []);
});
