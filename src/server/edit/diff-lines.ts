/** Beyond this many differing lines a script is not worth its time. */
const maxDistance = 1_000;

/** Old lines from `oldStart` up to `oldEnd` are replaced by new lines from `newStart` up to `newEnd`. */
export interface LineHunk {
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/**
 * The shortest script of changed lines between two lists, in order (Myers, "An O(ND) Difference Algorithm", 1986).
 * @returns null when they differ in more than 1,000 lines
 */
export function diffLines(
  oldCount: number,
  newCount: number,
  same: (oldIndex: number, newIndex: number) => boolean,
): LineHunk[] | null {
  let start = 0;
  while (start < oldCount && start < newCount && same(start, start)) start += 1;
  let [oldEnd, newEnd] = [oldCount, newCount];
  while (oldEnd > start && newEnd > start && same(oldEnd - 1, newEnd - 1)) {
    oldEnd -= 1;
    newEnd -= 1;
  }
  if (oldEnd === start && newEnd === start) return [];
  if (oldEnd === start || newEnd === start) return [{ oldStart: start, oldEnd, newStart: start, newEnd }];
  const steps = stepsOf(oldEnd - start, newEnd - start, (left, right) => same(start + left, start + right));
  return steps && hunksOf(steps, start, oldEnd, newEnd);
}

/** As `diffLines`, but equal lines are paired from the end: where both differ, the script is not the only one. */
export function diffLinesFromEnd(
  oldCount: number,
  newCount: number,
  same: (oldIndex: number, newIndex: number) => boolean,
): LineHunk[] | null {
  const mirrored = diffLines(oldCount, newCount, (left, right) =>
    same(oldCount - 1 - left, newCount - 1 - right),
  );
  return (
    mirrored &&
    mirrored.reverse().map((hunk) => ({
      oldStart: oldCount - hunk.oldEnd,
      oldEnd: oldCount - hunk.oldStart,
      newStart: newCount - hunk.newEnd,
      newEnd: newCount - hunk.newStart,
    }))
  );
}

/** The pairs of equal lines, in order. */
function stepsOf(
  oldCount: number,
  newCount: number,
  same: (left: number, right: number) => boolean,
): [number, number][] | null {
  const most = Math.min(oldCount + newCount, maxDistance);
  // reach[k + most] is how far the furthest path on diagonal k has come in the old lines.
  let reach = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let distance = 0; distance <= most; distance += 1) {
    trace.push(reach.slice(most - distance, most + distance + 3));
    const next = reach;
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let at = arrival((k) => reach[k + most + 1] ?? 0, diagonal, distance);
      while (at < oldCount && at - diagonal < newCount && same(at, at - diagonal)) at += 1;
      next[diagonal + most + 1] = at;
      if (at >= oldCount && at - diagonal >= newCount) return walkBack(trace, oldCount, newCount);
    }
    reach = next;
  }
  return null;
}

function arrival(reach: (diagonal: number) => number, diagonal: number, distance: number): number {
  if (distance === 0) return 0;
  const isDown =
    diagonal === -distance || (diagonal !== distance && reach(diagonal - 1) < reach(diagonal + 1));
  return isDown ? reach(diagonal + 1) : reach(diagonal - 1) + 1;
}

function walkBack(trace: Int32Array[], oldCount: number, newCount: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [left, right] = [oldCount, newCount];
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const before = trace[distance] ?? new Int32Array();
    const reach = (k: number) => before[k + distance + 1] ?? 0;
    const diagonal = left - right;
    const from = arrival(reach, diagonal, distance);
    while (left > from) pairs.push([(left -= 1), (right -= 1)]);
    if (distance === 0) break;
    const isDown =
      diagonal === -distance || (diagonal !== distance && reach(diagonal - 1) < reach(diagonal + 1));
    if (isDown) right -= 1;
    else left -= 1;
  }
  return pairs.reverse();
}

function hunksOf(pairs: [number, number][], start: number, oldEnd: number, newEnd: number): LineHunk[] {
  const hunks: LineHunk[] = [];
  let [left, right] = [start, start];
  for (const [oldIndex, newIndex] of [...pairs, [oldEnd - start, newEnd - start] as const]) {
    const [oldAt, newAt] = [oldIndex + start, newIndex + start];
    if (oldAt > left || newAt > right)
      hunks.push({ oldStart: left, oldEnd: oldAt, newStart: right, newEnd: newAt });
    [left, right] = [oldAt + 1, newAt + 1];
  }
  return hunks;
}
