/** Beyond this many differing lines the exact count is not worth its time: the whole middle counts as replaced. */
const maxDistance = 1_000;

/** How many lines a change adds and removes, as `diff` counts them (Myers, "An O(ND) Difference Algorithm", 1986). */
export function countLineChanges(before: string, after: string): { added: number; removed: number } {
  const left = linesOf(before);
  const right = linesOf(after);
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let leftEnd = left.length;
  let rightEnd = right.length;
  while (leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]) {
    leftEnd -= 1;
    rightEnd -= 1;
  }
  const removed = leftEnd - start;
  const added = rightEnd - start;
  const distance = editDistance(left.slice(start, leftEnd), right.slice(start, rightEnd));
  const kept = (removed + added - distance) / 2;
  return { added: added - kept, removed: removed - kept };
}

function editDistance(left: string[], right: string[]): number {
  const all = left.length + right.length;
  if (!left.length || !right.length) return all;
  // reach[k] is how far into `left` the furthest path on diagonal k has come.
  const reach = new Map<number, number>([[1, 0]]);
  for (let distance = 0; distance <= Math.min(all, maxDistance); distance += 1) {
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const at = furthest(reach, diagonal, distance, left, right);
      if (at >= left.length && at - diagonal >= right.length) return distance;
      reach.set(diagonal, at);
    }
  }
  return all;
}

function furthest(
  reach: Map<number, number>,
  diagonal: number,
  distance: number,
  left: string[],
  right: string[],
): number {
  const below = reach.get(diagonal + 1) ?? -1;
  const above = reach.get(diagonal - 1) ?? -1;
  const down = diagonal === -distance || (diagonal !== distance && above < below);
  let at = down ? below : above + 1;
  while (at < left.length && at - diagonal < right.length && left[at] === right[at - diagonal]) at += 1;
  return at;
}

/** A last line without a line end is a line of its own kind, as for `diff`. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
