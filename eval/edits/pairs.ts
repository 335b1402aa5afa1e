import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** One file in two consecutive versions of a program that people wrote. */
export interface Pair {
  source: string;
  path: string;
  before: string;
  after: string;
}

/** A change of one place, as a careful model would write it: whole lines, with enough of them around it to be unique. */
export interface BaseEdit {
  pair: Pair;
  /** The file before, in lines without line ends; all of it ends in a line end. */
  lines: string[];
  /** Where `oldLines` begin in `lines`. */
  at: number;
  oldLines: string[];
  newLines: string[];
  /** How many lines at both ends are the same in both. */
  head: number;
  tail: number;
}

export function readPairs(): Pair[] {
  const packed = readFileSync(new URL('pairs.json.br', import.meta.url));
  return JSON.parse(brotliDecompressSync(packed).toString()) as Pair[];
}

const mostContext = 12;
const longestChange = 40;

const known = new WeakMap<Pair, BaseEdit[]>();

/** Every change of a pair that can be told from its text alone. */
export function baseEditsOf(pair: Pair): BaseEdit[] {
  const edits = known.get(pair) ?? findBaseEdits(pair);
  known.set(pair, edits);
  return edits;
}

/** The same change with so many more lines around it. */
export function widened(base: BaseEdit, by: number): BaseEdit {
  const { lines, at, oldLines, newLines, head, tail } = base;
  const [start, end] = [Math.max(0, at - by), Math.min(lines.length, at + oldLines.length + by)];
  const [before, after] = [lines.slice(start, at), lines.slice(at + oldLines.length, end)];
  return {
    ...base,
    at: start,
    oldLines: [...before, ...oldLines, ...after],
    newLines: [...before, ...newLines, ...after],
    head: head + before.length,
    tail: tail + after.length,
  };
}

/** The lines of a file before, and which of them have changed; none for a file that is not plain lines. */
export function rangesOf({ before, after }: Pair): { lines: string[]; ranges: Range[] } {
  if (before.includes('\r') || !before.endsWith('\n') || !after.endsWith('\n'))
    return { lines: [], ranges: [] };
  const lines = before.slice(0, -1).split('\n');
  return { lines, ranges: changedRanges(lines, after.slice(0, -1).split('\n')) };
}

function findBaseEdits(pair: Pair): BaseEdit[] {
  const { lines, ranges } = rangesOf(pair);
  return ranges.flatMap(({ from, to, newLines }) => {
    if (to - from > longestChange || newLines.length > longestChange) return [];
    for (let context = 2; context <= mostContext; context += 1) {
      const [start, end] = [Math.max(0, from - context), Math.min(lines.length, to + context)];
      const oldLines = lines.slice(start, end);
      if (oldLines.join('').trim().length < 12 || !isUnique(pair.before, oldLines)) continue;
      const [head, tail] = [from - start, end - to];
      const written = [...lines.slice(start, from), ...newLines, ...lines.slice(to, end)];
      return [{ pair, lines, at: start, oldLines, newLines: written, head, tail }];
    }
    return [];
  });
}

export function isUnique(text: string, lines: readonly string[]): boolean {
  const wanted = lines.join('\n');
  const first = text.indexOf(wanted);
  return first >= 0 && text.indexOf(wanted, first + 1) < 0;
}

export interface Range {
  from: number;
  to: number;
  newLines: string[];
}

/** By the longest common subsequence, in a way of its own: what is evaluated has no say in what is right. */
export function changedRanges(left: readonly string[], right: readonly string[]): Range[] {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        left[i] === right[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  const ranges: Range[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const range: Range = { from: i, to: i, newLines: [] };
    while ((i < left.length || j < right.length) && left[i] !== right[j]) {
      const down = i < left.length ? (lengths[(i + 1) * width + j] ?? 0) : -1;
      const across = j < right.length ? (lengths[i * width + j + 1] ?? 0) : -1;
      if (down >= across) i += 1;
      else range.newLines.push(right[j++] ?? '');
    }
    range.to = i;
    if (range.to > range.from || range.newLines.length) ranges.push(range);
    while (i < left.length && j < right.length && left[i] === right[j]) [i, j] = [i + 1, j + 1];
  }
  return ranges;
}
