import type { LineHunk } from '../diff-lines.ts';
import { hasMarker, short, type Aligned } from './aligned.ts';

/** The first line of the file that is gone without being asked for; null when there is none. */
export function lostLine(hunks: readonly LineHunk[], aligned: Aligned): string | null {
  for (const hunk of hunks) {
    const lost = aligned.old.slice(hunk.oldStart, hunk.oldEnd);
    if (!lost.length || slides(hunk, aligned).some((slid) => isAskedFor(slid, aligned))) continue;
    const line = lost.find((each) => each.trim() !== '') ?? '';
    return `it lacks a line of the file that the update does not mention: line ${hunk.oldStart + 1 + lost.indexOf(line)}, "${short(line)}"`;
  }
  return null;
}

/** Where equal lines follow each other, which of them are gone is a matter of taste. */
function slides(hunk: LineHunk, { old }: Aligned): LineHunk[] {
  if (hunk.newEnd > hunk.newStart) return [hunk];
  const all = [hunk];
  for (let at = hunk; at.oldStart > 0 && at.newStart > 0 && old[at.oldStart - 1] === old[at.oldEnd - 1];)
    all.push((at = moved(at, -1)));
  for (let at = hunk; at.oldEnd < old.length && old[at.oldStart] === old[at.oldEnd];)
    all.push((at = moved(at, 1)));
  return all;
}

function moved({ oldStart, oldEnd, newStart, newEnd }: LineHunk, by: number): LineHunk {
  return { oldStart: oldStart + by, oldEnd: oldEnd + by, newStart: newStart + by, newEnd: newEnd + by };
}

/**
 * Lines may go between two lines of the update without a marker between them; and, where the update gives no line around
 * a change, one for one, each for a line that has a word in common with it.
 */
function isAskedFor(hunk: LineHunk, aligned: Aligned): boolean {
  const { old, lines, of, asked } = aligned;
  const within = [...of.subarray(hunk.newStart, hunk.newEnd)].filter((line) => line >= 0);
  if (hasMarker(asked, within)) return false;
  const gone = old.slice(hunk.oldStart, hunk.oldEnd).filter((line) => line.trim() !== '');
  const before = anchorOf(aligned, hunk.newStart - 1, -1, gone);
  const behind = anchorOf(aligned, hunk.newEnd, 1, gone);
  if (before !== null && behind !== null && !hasMarker(asked, [before, behind])) return true;
  const come = lines.slice(hunk.newStart, hunk.newEnd).filter((line) => line.trim() !== '');
  if (gone.length !== come.length || gone.length === 0) return false;
  return gone.every((line, index) => haveWordInCommon(line, come[index] ?? ''));
}

/**
 * The nearest line of the update that was there before and tells the place. null when a marker, or the end of the update, comes
 * first.
 */
function anchorOf(
  { old, lines, of, isNew, asked }: Aligned,
  from: number,
  step: 1 | -1,
  lost: readonly string[],
): number | null {
  let last: number | null = null;
  for (let at = from; at >= 0 && at < lines.length; at += step) {
    const own = of[at] ?? -1;
    const line = lines[at] ?? '';
    if (own < 0 && line.trim() !== '') return null;
    if (own < 0) continue;
    if (last !== null && hasMarker(asked, [Math.min(last, own), Math.max(last, own)])) return null;
    last = own;
    if (!isNew[at] && isTelling(line, old, lost, step)) return own;
  }
  return null;
}

/**
 * A line tells the place when it stands in the file once. A bracket behind what is lost does when it closes only what stands
 * deeper than it: else it may as well be that of something new.
 */
function isTelling(line: string, old: readonly string[], lost: readonly string[], step: 1 | -1): boolean {
  if (line.trim() === '' || lost.includes(line)) return false;
  if (old.indexOf(line) === old.lastIndexOf(line)) return true;
  if (step === -1) return /[\p{L}\p{N}]/u.test(line) === false;
  return !/[\p{L}\p{N}]/u.test(line) && lost.every((other) => depthOf(other) > depthOf(line));
}

function depthOf(line: string): number {
  return line.length - line.trimStart().length;
}

function haveWordInCommon(one: string, other: string): boolean {
  const words = new Set(other.match(/[\p{L}\p{N}_]+/gu) ?? []);
  const own = one.match(/[\p{L}\p{N}_]+/gu);
  return own ? own.some((word) => words.has(word)) : one.trim() === other.trim();
}
