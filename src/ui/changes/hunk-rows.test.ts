import { test } from 'node:test';
import assert from 'node:assert/strict';
import { firstLines, hunkRows, wholeFile } from './hunk-rows.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`);
const texts = (lines: { segments: { text: string }[] }[]) =>
  lines.map(({ segments }) => segments.map(({ text }) => text).join(''));

test('each hunk has up to three lines around it, and none is shown twice', () => {
  const old = numbered(20);
  const next = old.with(4, 'fifth\n').with(9, 'tenth\n');
  const { hunks, lines } = hunkRows(old.join(''), next.join(''), [
    { before: { from: 4, lines: 1 }, after: { from: 4, lines: 1 } },
    { before: { from: 9, lines: 1 }, after: { from: 9, lines: 1 } },
  ]);
  assert.deepEqual(
    hunks.map(({ leading, trailing }) => [
      leading.map(({ newNumber }) => newNumber),
      trailing.map(({ newNumber }) => newNumber),
    ]),
    [
      [
        [2, 3, 4],
        [6, 7, 8],
      ],
      [[9], [11, 12, 13]],
    ],
  );
  assert.equal(lines, 14);
  assert.deepEqual([texts(hunks[0]!.removed), texts(hunks[0]!.added)], [['line 5'], ['fifth']]);
  assert.deepEqual(
    hunks.map(({ name }) => name),
    ['Line 5', 'Line 10'],
  );
});

test('lines that are only new or only missing are found by the side that has them', () => {
  const old = numbered(6);
  const next = old.toSpliced(2, 0, 'new\n').toSpliced(5, 1);
  // An empty side is named as git does, by the line before it, and by its place.
  for (const from of [1, 2]) {
    const { hunks } = hunkRows(old.join(''), next.join(''), [
      { before: { from, lines: 0 }, after: { from: 2, lines: 1 } },
      { before: { from: 4, lines: 1 }, after: { from: from + 3, lines: 0 } },
    ]);
    assert.deepEqual([texts(hunks[0]!.added), hunks[0]!.removed], [['new'], []]);
    assert.deepEqual([texts(hunks[1]!.removed), hunks[1]!.added], [['line 5'], []]);
    assert.deepEqual(
      hunks.map(({ name }) => name),
      ['Line 3', 'After line 5'],
    );
    assert.deepEqual(
      hunks[1]!.trailing.map(({ oldNumber, newNumber }) => [oldNumber, newNumber]),
      [[6, 6]],
    );
  }
});

test('a new file, a file that is gone, and one that ends without a line feed', () => {
  const made = hunkRows('', 'one\ntwo', wholeFile(null, 'one\ntwo'));
  assert.deepEqual(
    made.hunks[0]!.added.map(({ endsOpen }) => endsOpen),
    [false, true],
  );
  assert.deepEqual(wholeFile(null, ''), [], 'an empty file has no lines to show');
  const gone = hunkRows('one\ntwo\n', '', wholeFile('one\ntwo\n', null));
  assert.deepEqual(texts(gone.hunks[0]!.removed), ['one', 'two']);
  assert.equal(gone.hunks[0]!.name, 'At the beginning');
});

test('of a long change the first lines are shown, over the borders of its hunks', () => {
  const old = numbered(30);
  const next = old.with(4, 'fifth\n').with(19, 'twentieth\n');
  const { hunks } = hunkRows(old.join(''), next.join(''), [
    { before: { from: 4, lines: 1 }, after: { from: 4, lines: 1 } },
    { before: { from: 19, lines: 1 }, after: { from: 19, lines: 1 } },
  ]);
  const cut = firstLines(hunks, 10);
  assert.deepEqual(
    cut.map(({ name }) => name),
    ['Line 5', 'Line 20'],
  );
  assert.deepEqual(
    cut.map(({ leading, removed, added, trailing }) =>
      [leading, removed, added, trailing].map((part) => part.length),
    ),
    [
      [3, 1, 1, 3],
      [2, 0, 0, 0],
    ],
  );
});
