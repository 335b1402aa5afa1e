import { diffLines, type LineHunk } from '../diff-lines.ts';
import { findOmission } from '../omission.ts';
import { alignUpdate } from './alignment.ts';
import { hasMarker, short, type Aligned } from './aligned.ts';
import { lostLine } from './lost-lines.ts';
import { unsurePlace } from './unsure-place.ts';
import { readUpdate, type UpdateLines } from './update-lines.ts';

/** A file, a lazy edit of it, and what a model made of both; each with LF line ends and without a byte order mark. */
export interface Merge {
  path: string;
  before: string;
  update: string;
  merged: string;
}

/**
 * Whether a merge does what its update says and nothing else: every line of the update stands in it, in order; every other
 * line is one of the file, unchanged and in order; and lines of the file are gone only where the update says what stands in
 * their place.
 * @returns what is wrong with it, as a clause; null when nothing is
 */
export function mergeProblem({ path, before, update, merged }: Merge): string | null {
  if (merged === before) return 'it changes nothing';
  const omission = findOmission(path, before, merged);
  if (omission) return `its line ${omission.line} is still a marker: "${omission.text}"`;
  const old = before.split('\n');
  const lines = merged.split('\n');
  const hunks = diffLines(old.length, lines.length, (one, other) => old[one] === lines[other]);
  if (!hunks) return 'it changes too many lines to be checked';
  const isNew = lines.map(() => false);
  for (const { newStart, newEnd } of hunks) isNew.fill(true, newStart, newEnd);
  const asked = shifted(readUpdate(update), lines, old);
  const aligned = alignUpdate(asked, lines, isNew);
  if (aligned === 'too large') return 'it is too large to be checked';
  if ('missing' in aligned) return `it lacks a line of the update: "${short(aligned.missing)}"`;
  const whole = { old, lines, of: aligned.of, asked, isNew };
  return (
    repeatedDefinition(old, lines, asked) ??
    doubledLine(hunks, lines, asked) ??
    strangeLine(whole) ??
    tornLine(whole) ??
    lostLine(hunks, whole) ??
    unsurePlace(hunks, whole)
  );
}

/**
 * What is not of the update must be of the file: the same bytes, in the same order. Between what is new and what a marker
 * stands for a blank line may come.
 */
function strangeLine({ old, lines, of, isNew }: Aligned): string | null {
  let at = 0;
  for (const [index, line] of lines.entries()) {
    if (of[index] !== -1) continue;
    const found = old.indexOf(line, at);
    const isBeside = [index - 1, index + 1].some((near) => isNew[near] && (of[near] ?? -1) >= 0);
    if (isNew[index] && line === '' && isBeside) continue;
    if (found < 0)
      return `its line ${index + 1} is neither in the update nor, there, in the file: "${short(line)}"`;
    at = found + 1;
  }
  return null;
}

const definition =
  /^(?:\s*(?:export |default |public |private |protected |static |async |abstract |pub |final |override )*(?:function|class|def|fn|func|interface|type|struct|enum|impl|trait|module|namespace|object)\b.{4,}|(?:export )?(?:const|let|var|import|use|from|#include) .{4,})$/;

/** A function that stands once in the file and once in the update stands once in the result: a merge may have kept the old one. */
function repeatedDefinition(
  old: readonly string[],
  lines: readonly string[],
  { lines: asked }: UpdateLines,
): string | null {
  const [before, now, wanted] = [countOf(old), countOf(lines), countOf(asked)];
  for (const [line, times] of wanted) {
    const known = before.get(line) ?? 0;
    if (known > 0 && definition.test(line) && (now.get(line) ?? 0) > Math.max(known, times))
      return `it has a second "${short(line)}"`;
  }
  return null;
}

function countOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line.trimEnd(), (counts.get(line.trimEnd()) ?? 0) + 1);
  return counts;
}

const longestDoubled = 200;

/** What was there before and stands right beside itself now: a merge that put the lines around a change in once more. */
function doubledLine(
  hunks: readonly LineHunk[],
  lines: readonly string[],
  { lines: asked }: UpdateLines,
): string | null {
  const text = asked.map((line) => line.trimEnd()).join('\n');
  for (const { newStart: start, newEnd: end } of hunks) {
    for (let count = 1; count <= Math.min(end - start, longestDoubled); count += 1)
      for (const at of [start, end]) {
        const twice = lines.slice(at - count, at + count);
        if (at < count || twice.length < 2 * count || !isTwice(twice)) continue;
        const line = twice.find((each) => /[\p{L}\p{N}]{2}/u.test(each));
        if (line && !text.includes(twice.map((each) => each.trimEnd()).join('\n')))
          return `its line ${at + 1} stands there twice: "${short(line)}"`;
      }
  }
  return null;
}

function isTwice(lines: readonly string[]): boolean {
  const half = lines.length / 2;
  return lines.slice(0, half).every((line, index) => line === lines[half + index]);
}

/** Lines of the update without a marker between them stand there without anything between them. */
function tornLine({ lines, of, asked }: Aligned): string | null {
  let last: number | null = null;
  for (const [index, own] of of.entries()) {
    if (own < 0) continue;
    if (last !== null && index > last + 1 && !hasMarker(asked, [of[last] ?? 0, own])) {
      const line = lines.slice(last + 1, index).find((each) => each.trim() !== '') ?? '';
      return `it has a line that the update leaves out without a marker: line ${last + 2}, "${short(line)}"`;
    }
    last = index;
  }
  return null;
}

/**
 * An update that is written at another depth than the file: all of it, by the same indentation, which a line that was there
 * before must confirm.
 */
function shifted(asked: UpdateLines, lines: readonly string[], old: readonly string[]): UpdateLines {
  const trimmed = (all: readonly string[]) => new Set(all.map((line) => line.trimEnd()));
  const [now, before] = [trimmed(lines), trimmed(old)];
  const isKnown = (line: string) =>
    line.trim() === '' || now.has(line.trimEnd()) || before.has(line.trimEnd());
  if (asked.lines.every(isKnown)) return asked;
  const first = asked.lines.find((line) => line.trim() !== '') ?? '';
  const places = lines.filter((line) => line.trim() === first.trim());
  for (const place of new Set(places.map(indentationOf))) {
    const moved = asked.lines.map((line) => moveTo(line, indentationOf(first), place) ?? line);
    const isConfirmed = moved.some((line) => line.trim() !== '' && before.has(line.trimEnd()));
    if (isConfirmed && moved.every(isKnown)) return { ...asked, lines: moved };
  }
  return asked;
}

function indentationOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** null for a line that is not indented that far. */
function moveTo(line: string, from: string, to: string): string | null {
  if (line.trim() === '') return line;
  return line.startsWith(from) ? to + line.slice(from.length) : null;
}
