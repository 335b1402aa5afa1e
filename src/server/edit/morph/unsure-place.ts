import type { LineHunk } from '../diff-lines.ts';
import { hasMarker, type Aligned } from './aligned.ts';

/**
 * What the update shows of the file around each change stands there once: else nobody could say that this place was meant.
 * Where it shows nothing, there is nothing to look for.
 */
export function unsurePlace(hunks: readonly LineHunk[], aligned: Aligned): string | null {
  const { old } = aligned;
  for (const { oldStart, oldEnd, newStart, newEnd } of together(hunks, aligned)) {
    const before = joinedLines(aligned, newStart, -1);
    const behind = joinedLines(aligned, newEnd, 1);
    const shown = old.slice(oldStart - before, oldEnd + behind);
    if (before + behind > 0 && countRuns(old, shown) > 1)
      return `the lines around its line ${newStart + 1} stand in the file more than once, so the place is not certain`;
  }
  return null;
}

/** Changes of one part of the update are one change. */
function together(hunks: readonly LineHunk[], aligned: Aligned): LineHunk[] {
  const groups: LineHunk[] = [];
  for (const hunk of hunks) {
    const last = groups.at(-1);
    if (last && last.newEnd + joinedLines(aligned, last.newEnd, 1) >= hunk.newStart)
      groups[groups.length - 1] = { ...last, oldEnd: hunk.oldEnd, newEnd: hunk.newEnd };
    else groups.push(hunk);
  }
  return groups;
}

/** How many lines from here on are of the update, without a marker between them. */
function joinedLines({ of, asked }: Aligned, border: number, step: 1 | -1): number {
  const first = step === 1 ? border : border - 1;
  let count = 0;
  for (let at = first; at >= 0 && at < of.length; at += step) {
    const [own, previous] = [of[at] ?? -1, of[at - step] ?? -1];
    if (own < 0) break;
    // The change itself may be lines that are gone: then the lines on both sides of it are joined or not.
    if (previous >= 0 && hasMarker(asked, [Math.min(own, previous), Math.max(own, previous)])) break;
    count += 1;
  }
  return count;
}

function countRuns(all: readonly string[], wanted: readonly string[]): number {
  let count = 0;
  for (let at = all.indexOf(wanted[0] ?? ''); at >= 0 && count < 2; at = all.indexOf(wanted[0] ?? '', at + 1))
    if (wanted.every((line, index) => all[at + index] === line)) count += 1;
  return count;
}
