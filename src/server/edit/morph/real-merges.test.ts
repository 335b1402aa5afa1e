import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readPairs } from '../../../../eval/edits/pairs.ts';
import { diffLines, type LineHunk } from '../diff-lines.ts';
import { textForm } from './text-form.ts';
import { mergeProblem, type Merge } from './verify-merge.ts';

/** Pairs that are looked at; all of them take five times as long and say the same. */
const most = 100;

/** The changes between two real versions of a file, as a careful model would write them: with so many lines around each. */
function lazyUpdate(
  path: string,
  after: readonly string[],
  hunks: readonly LineHunk[],
  around: number,
): string {
  const marker = /\.(?:py|rb|sh|ya?ml|toml)$/.test(path)
    ? '# ... existing code ...'
    : '// ... existing code ...';
  const update: string[] = [];
  let at = 0;
  for (const { newStart, newEnd } of hunks) {
    const from = Math.max(at, newStart - around);
    if (from > at) update.push(marker);
    at = Math.min(after.length, newEnd + around);
    update.push(...after.slice(from, at));
  }
  return [...update, marker].join('\n');
}

type Damage = (lines: string[], at: number, old: { lines: string[]; hunk: LineHunk }) => string[];

/** What may go wrong with a merge anywhere in a file. */
const damages: Record<string, Damage> = {
  'a line is gone': (lines, at) => lines.toSpliced(at, 1),
  'five lines are gone': (lines, at) => lines.toSpliced(at, 5),
  'the end is gone': (lines, at) => lines.slice(0, at),
  'a line stands twice': (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ''),
  'a line is indented': (lines, at) => lines.with(at, ` ${lines[at]}`),
  'a comment was added': (lines, at) => lines.toSpliced(at, 0, '// a note'),
  'two lines changed places': (lines, at) => lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
  'a change was not made': (lines, _at, { lines: old, hunk }) =>
    lines.toSpliced(hunk.newStart, hunk.newEnd - hunk.newStart, ...old.slice(hunk.oldStart, hunk.oldEnd)),
  'what was replaced stays': (lines, _at, { lines: old, hunk }) =>
    lines.toSpliced(hunk.newEnd, 0, ...old.slice(hunk.oldStart, hunk.oldEnd)),
};

test('of real changes, written as lazy edits, most are taken when they are merged right, and none when they are not', () => {
  let [right, taken, wrong] = [0, 0, 0];
  for (const { path, ...texts } of readPairs().slice(0, most)) {
    const form = textForm(texts.before);
    const after = textForm(texts.after)?.plain;
    if (!form || after === undefined) continue;
    const [old, lines] = [form.plain.split('\n'), after.split('\n')];
    const hunks = diffLines(old.length, lines.length, (one, other) => old[one] === lines[other]);
    if (!hunks?.length) continue;
    const merge: Merge = {
      path,
      before: form.plain,
      update: lazyUpdate(path, lines, hunks, 3),
      merged: after,
    };
    right += 1;
    if (mergeProblem(merge) !== null) continue;
    taken += 1;
    for (const [name, damage] of Object.entries(damages))
      for (let step = 1; step <= 6; step += 1) {
        const at = Math.floor((lines.length * step) / 7);
        const hunk = hunks[step % hunks.length] as LineHunk;
        const damaged =
          textForm(form.restore(damage(lines, at, { lines: old, hunk }).join('\n')))?.plain ?? '';
        // A bracket too many is left to the grammar: an update may well ask for one.
        if (damaged === after || (lines[at] ?? '').trim().length < 3) continue;
        wrong += 1;
        assert.notEqual(
          mergeProblem({ ...merge, merged: damaged }),
          null,
          `${path}, line ${at + 1}: ${name}`,
        );
      }
  }
  assert.ok(right > 80 && wrong > 3_000, `${right} right merges, ${wrong} damaged ones`);
  assert.ok(taken / right > 0.85, `${taken} of ${right} are taken`);
});
