import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffLines, diffWords } from './diff-lines.ts';
import { shortestEdit } from './shortest-edit.ts';

const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });

/** The length of the longest common subsequence, the slow and certain way. */
function commonLength(left: readonly string[], right: readonly string[]): number {
  let row = new Array<number>(right.length + 1).fill(0);
  for (const item of left) {
    const next = [0];
    right.forEach((other, index) =>
      next.push(item === other ? row[index]! + 1 : Math.max(row[index + 1]!, next[index]!)),
    );
    row = next;
  }
  return row.at(-1) ?? 0;
}

test('the edit turns one list into the other and is the shortest', () => {
  fc.assert(
    fc.property(items, items, (before, after) => {
      const runs = shortestEdit(before, after);
      const rebuilt = runs.flatMap(({ kind, newStart, length }) =>
        kind === 'del' ? [] : after.slice(newStart, newStart + length),
      );
      const kept = runs.flatMap(({ kind, oldStart, length }) =>
        kind === 'add' ? [] : before.slice(oldStart, oldStart + length),
      );
      assert.deepEqual(rebuilt, after);
      assert.deepEqual(kept, before);
      for (const { kind, oldStart, newStart, length } of runs)
        if (kind === 'same')
          assert.deepEqual(
            before.slice(oldStart, oldStart + length),
            after.slice(newStart, newStart + length),
          );
      const same = runs.reduce((sum, { kind, length }) => sum + (kind === 'same' ? length : 0), 0);
      assert.equal(same, commonLength(before, after));
    }),
    { numRuns: 1_000 },
  );
});

test('every changed line is in a hunk, once, with up to three lines of context', () => {
  const text = items.map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = diffLines(before, after);
      const lines = diff.hunks.flatMap((hunk) => hunk.lines);
      const side = (kind: 'del' | 'add') =>
        lines.filter((line) => line.kind === kind).map(({ number }) => number);
      assert.equal(side('add').length, diff.added);
      assert.equal(side('del').length, diff.removed);
      assert.equal(new Set(side('add')).size, diff.added);
      const skipped = diff.hunks.reduce((sum, hunk) => sum + hunk.skipped, 0) + diff.skippedAfter;
      const same = lines.filter(({ kind }) => kind === 'same').length;
      assert.equal(
        skipped + same + diff.added,
        after === '' ? 0 : after.replace(/\n$/, '').split('\n').length,
      );
      for (const hunk of diff.hunks) {
        const first = hunk.lines.findIndex(({ kind }) => kind !== 'same');
        assert.ok(first >= 0 && first <= 3);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('two changes that are far apart are two hunks', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const after = before.with(5, 'five').with(30, 'thirty');
  const { hunks, skippedAfter } = diffLines(before.join('\n'), after.join('\n'));
  assert.deepEqual(
    hunks.map(({ skipped, lines }) => [skipped, lines.length]),
    [
      [2, 8],
      [18, 8],
    ],
  );
  assert.equal(skippedAfter, 6);
});

test('in a changed line the words that changed are marked', () => {
  const marked = diffWords('quantity >= 10 ? a : b', 'quantity > 10 ? a : b').filter(
    ({ changed }) => changed,
  );
  assert.deepEqual(marked, [{ text: '=', changed: true }]);
});

test('lines that have little in common are replaced as a whole', () => {
  assert.deepEqual(diffWords('const a = 1;', 'import x from "y"'), [
    { text: 'const a = 1;', changed: false },
  ]);
});

test('a new file is all added', () => {
  const { added, removed } = diffLines('', 'a\nb\n');
  assert.deepEqual([added, removed], [2, 0]);
});

test('two large files with nothing in common are compared in bounded time', () => {
  const many = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word} ${index}`).join('\n');
  const { added, removed } = diffLines(many('a'), many('b'));
  assert.deepEqual([added, removed], [20_000, 20_000]);
});
