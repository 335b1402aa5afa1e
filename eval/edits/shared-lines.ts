import type { Damaged } from './damages/damage.ts';
import { changedRanges, isUnique, rangesOf, type BaseEdit, type Pair, type Range } from './pairs.ts';
import type { Random } from './random.ts';

const context = 3;
const mostBetween = 6;
const leastCharacters = 12;

/** Two or three changes with few lines between them, which models write as hunks that share some of those lines. */
export function joinedEditsOf(pair: Pair): BaseEdit[] {
  const { lines, ranges } = rangesOf(pair);
  const plain = lines.map((line) => line.trim());
  const isClear = (joined: readonly Range[]) =>
    joined.every(({ from, to }, index) => {
      const [before, next] = [joined[index - 1]?.to ?? 0, joined[index + 1]?.from ?? lines.length];
      // With the least that a hunk quotes around its change.
      const own = plain.slice(Math.max(before, from - 1), Math.min(next, to + 1));
      const isNear = index === 0 || from - before <= mostBetween;
      return isNear && own.join('').length >= leastCharacters && isUnique(plain.join('\n'), own);
    });
  return ranges.flatMap((_first, index) =>
    [2, 3]
      .map((count) => ranges.slice(index, index + count))
      .filter((joined, at) => joined.length === at + 2 && isClear(joined))
      .map((joined) => editOf(pair, lines, joined)),
  );
}

function editOf(pair: Pair, lines: string[], ranges: readonly Range[]): BaseEdit {
  const [first, last] = [ranges[0]?.from ?? 0, ranges.at(-1)?.to ?? 0];
  const [at, end] = [Math.max(0, first - context), Math.min(lines.length, last + context)];
  const oldLines = lines.slice(at, end);
  const newLines = ranges.reduceRight(
    (result, { from, to, newLines: added }) => result.toSpliced(from - at, to - from, ...added),
    oldLines,
  );
  return { pair, lines, at, oldLines, newLines, head: first - at, tail: end - last };
}

interface SharedHunk {
  /** In the lines of the edit. */
  from: number;
  lines: string[];
}

/**
 * One hunk for each change: of the lines between two, each quotes some, and at least one is quoted by both.
 * @returns null where the damage does not leave the changes apart
 */
export function sharedHunks(base: BaseEdit, damaged: Damaged, random: Random): SharedHunk[] | null {
  const { oldLines, newLines, overlap } = damaged;
  const ranges = changedRanges(oldLines, newLines);
  if (ranges.length < 2 || sizesOf(ranges) !== sizesOf(changedRanges(base.oldLines, base.newLines)))
    return null;
  const isReaching = overlap === 'changed line';
  if (isReaching && ranges.slice(0, -1).some(({ from, to }) => from === to)) return null;
  let from = 0;
  const hunks = ranges.map((range, index) => {
    const next = ranges[index + 1]?.from ?? oldLines.length;
    const between = next - range.to;
    const to = range.to + (index < ranges.length - 1 ? 1 + random.below(between) : between);
    const hunk = { from, to, range };
    from = isReaching ? range.to - 1 : range.to + random.below(to - range.to);
    return hunk;
  });
  const signed = (sign: string, lines: readonly string[]) => lines.map((line) => sign + line);
  const written = hunks.map((hunk) => ({
    from: hunk.from,
    lines: [
      ...signed(' ', oldLines.slice(hunk.from, hunk.range.from)),
      ...signed('-', oldLines.slice(hunk.range.from, hunk.range.to)),
      ...signed('+', hunk.range.newLines),
      ...signed(' ', oldLines.slice(hunk.range.to, hunk.to)),
    ],
  }));
  return overlap === 'order' ? written.toReversed() : written;
}

function sizesOf(ranges: readonly Range[]): string {
  return ranges.map(({ from, to }) => to - from).join();
}
