import { diffLines } from './diff-lines.ts';

/** How many lines a change adds and removes, as `diff` counts them; where very many differ, the whole middle counts. */
export function countLineChanges(before: string, after: string): { added: number; removed: number } {
  const left = linesOf(before);
  const right = linesOf(after);
  const same = (leftIndex: number, rightIndex: number) => left[leftIndex] === right[rightIndex];
  const hunks = diffLines(left.length, right.length, same);
  if (!hunks) return countMiddle(left, right);
  let [added, removed] = [0, 0];
  for (const { oldStart, oldEnd, newStart, newEnd } of hunks) {
    added += newEnd - newStart;
    removed += oldEnd - oldStart;
  }
  return { added, removed };
}

function countMiddle(left: readonly string[], right: readonly string[]): { added: number; removed: number } {
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  return { added: right.length - start - end, removed: left.length - start - end };
}

/** A last line without a line end is a line of its own kind, as for `diff`. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
