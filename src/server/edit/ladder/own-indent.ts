import type { LineHunk } from '../diff-lines.ts';
import { possibleDiffs } from '../possible-diffs.ts';
import type { Alignment } from './compare.ts';
import { indentOf } from './indentation.ts';
import { looseKey } from './typography.ts';

interface Texts {
  oldLines: readonly string[];
  newLines: readonly string[];
}

/**
 * Old lines whose indentation is not that of the file, next to new lines whose is: a model that quoted badly and wrote well.
 * Then nothing is to be shifted.
 * @param own for each old line, that of the file
 * @returns the old lines with the indentation of the file where the first and the last new line say so, and all that both have;
 * null where it cannot be told from lines that are meant to move
 */
export function withOwnIndent(
  { oldLines, newLines }: Texts,
  own: readonly string[],
): readonly string[] | null {
  const all = commonLines({ oldLines, newLines }).map((common) =>
    common.map(({ oldIndex, newIndex }) => ({
      oldIndex,
      newIndex,
      written: indentOf(oldLines[oldIndex] ?? ''),
      meant: indentOf(newLines[newIndex] ?? ''),
      real: indentOf(own[oldIndex] ?? ''),
    })),
  );
  const [pairs = []] = all;
  const isMoved = all.flat().some(({ written, meant, real }) => meant !== written && meant === real);
  if (!isMoved) return oldLines;
  // Of equal lines it cannot be told which one has been quoted badly.
  if (all.some((others) => others.some(({ newIndex }, index) => newIndex !== pairs[index]?.newIndex)))
    return null;
  const [first, last] = [pairs[0], pairs.at(-1)];
  const isWhole =
    first?.oldIndex === solidFrom(oldLines) &&
    first.newIndex === solidFrom(newLines) &&
    last?.oldIndex === solidTo(oldLines) &&
    last.newIndex === solidTo(newLines);
  if (!isWhole || !pairs.every(({ meant, real }) => meant === real)) return null;
  return oldLines.map((line, index) =>
    looseKey(line) === '' ? line : indentOf(own[index] ?? '') + line.slice(indentOf(line).length),
  );
}

/** A hunk that only adds, and whose context is one space off: the sign of its context was left out, or doubled. */
export function isSignShift(
  { script, oldLines }: Texts & { script?: readonly { oldStart: number; oldEnd: number }[] | undefined },
  { shifts }: Alignment,
  own: readonly string[],
): boolean {
  if (!script || !shifts.length || script.some(({ oldStart, oldEnd }) => oldEnd > oldStart)) return false;
  const index = solidFrom(oldLines);
  const [written, real] = [indentOf(oldLines[index] ?? ''), indentOf(own[index] ?? '')];
  return written === ` ${real}` || real === ` ${written}`;
}

/** The pairs of equal lines that are not blank, for each way to pair them. */
function commonLines({ oldLines, newLines }: Texts): { oldIndex: number; newIndex: number }[][] {
  const [oldKeys, newKeys] = [oldLines.map(looseKey), newLines.map(looseKey)];
  const same = (left: number, right: number) => oldKeys[left] === newKeys[right];
  return possibleDiffs(oldKeys.length, newKeys.length, same).map((hunks) =>
    pairsBetween(hunks ?? [], oldKeys.length).filter(({ oldIndex }) => oldKeys[oldIndex] !== ''),
  );
}

function pairsBetween(
  hunks: readonly LineHunk[],
  oldCount: number,
): { oldIndex: number; newIndex: number }[] {
  const pairs: { oldIndex: number; newIndex: number }[] = [];
  let [oldIndex, newIndex] = [0, 0];
  for (const hunk of [...hunks, { oldStart: oldCount, oldEnd: 0, newEnd: 0 }]) {
    for (; oldIndex < hunk.oldStart; oldIndex += 1, newIndex += 1) pairs.push({ oldIndex, newIndex });
    [oldIndex, newIndex] = [hunk.oldEnd, hunk.newEnd];
  }
  return pairs;
}

function solidFrom(lines: readonly string[]): number {
  return lines.findIndex((line) => looseKey(line) !== '');
}

function solidTo(lines: readonly string[]): number {
  return lines.findLastIndex((line) => looseKey(line) !== '');
}
