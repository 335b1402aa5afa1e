import { diffLines, diffLinesFromEnd, type LineHunk } from './diff-lines.ts';

/** Up to this product of lines all pairs are compared. */
const mostPairs = 90_000;

type Same = (oldIndex: number, newIndex: number) => boolean;

/**
 * Shortest scripts between two lists that pair equal lines as early and as late as can be: where all of them leave the same text,
 * it is clear which lines stay.
 * @returns null among them where too many lines differ
 */
export function possibleDiffs(oldCount: number, newCount: number, same: Same): (LineHunk[] | null)[] {
  if (oldCount * newCount > mostPairs)
    return [diffLines(oldCount, newCount, same), diffLinesFromEnd(oldCount, newCount, same)];
  const fromEnd = (left: number, right: number) => same(oldCount - 1 - left, newCount - 1 - right);
  const early = walks(oldCount, newCount, same);
  const late = walks(oldCount, newCount, fromEnd).map((pairs) =>
    pairs.map(([left, right]): Pair => [oldCount - 1 - left, newCount - 1 - right]).reverse(),
  );
  return [...early, ...late].map((pairs) => hunksBetween(pairs, oldCount, newCount));
}

type Pair = [number, number];

/** Two longest common subsequences, as pairs: of lines that differ the old one, or the new one, is passed first. */
function walks(oldCount: number, newCount: number, same: Same): Pair[][] {
  const width = newCount + 1;
  const lengths = new Uint16Array((oldCount + 1) * width);
  const length = (left: number, right: number) => lengths[left * width + right] ?? 0;
  for (let left = oldCount - 1; left >= 0; left -= 1)
    for (let right = newCount - 1; right >= 0; right -= 1)
      lengths[left * width + right] = same(left, right)
        ? length(left + 1, right + 1) + 1
        : Math.max(length(left + 1, right), length(left, right + 1));
  return [true, false].map((isOldFirst) => {
    const pairs: Pair[] = [];
    let [left, right] = [0, 0];
    while (left < oldCount && right < newCount) {
      const [skipOld, skipNew] = [length(left + 1, right), length(left, right + 1)];
      if (same(left, right)) pairs.push([left++, right++]);
      else if (skipOld > skipNew || (skipOld === skipNew && isOldFirst)) left += 1;
      else right += 1;
    }
    return pairs;
  });
}

function hunksBetween(pairs: readonly Pair[], oldCount: number, newCount: number): LineHunk[] {
  const hunks: LineHunk[] = [];
  let [oldStart, newStart] = [0, 0];
  for (const [oldEnd, newEnd] of [...pairs, [oldCount, newCount] as const]) {
    if (oldEnd > oldStart || newEnd > newStart) hunks.push({ oldStart, oldEnd, newStart, newEnd });
    [oldStart, newStart] = [oldEnd + 1, newEnd + 1];
  }
  return hunks;
}
