import { rungs as ladder, type Extent, type Rung } from '../change.ts';
import type { FileText } from '../file-text.ts';
import type { Candidate } from './candidates.ts';
import { maxPlaces } from './search.ts';
import type { Undone } from './wording.ts';

/** What is to be written where, under which rung. */
export interface Placed {
  start: number;
  end: number;
  newText: string;
  rung: Rung;
  /** The lines between the context before and after a hunk, where it says which are context. */
  changed?: Extent | undefined;
  undone?: Undone | undefined;
}

/** The places that qualify, where it is not exactly one. */
export interface Undecided {
  lines: number[];
}

/**
 * The one place that qualifies. A place goes before others only when it needs less than each of them: the same rungs and not
 * all of them. So the order in which rungs are tried has no say. All readings of the text must give the same at that place.
 * @throws {EditRefusal} with the reason as a clause
 */
export function choose(file: FileText, candidates: readonly Candidate[]): Placed | Undecided {
  const undecided = { lines: [...new Set(candidates.map(({ from }) => from + 1))] };
  if (candidates.length >= maxPlaces) return undecided;
  const places = candidates.filter(({ isUnexplained }) => !isUnexplained);
  const best = places.find((one) =>
    candidates.every((other) => isSamePlace(one, other) || goesBefore(one, other)),
  );
  if (!best) return undecided;
  const here = places.filter((other) => isSamePlace(best, other));
  const results = new Set(here.map((each) => wholeLines(file, each)));
  if (results.size !== 1) return undecided;
  const least = here.reduce((one, other) => (isLess(other.rungs, one.rungs) ? other : one));
  const rung = ladder.findLast((each) => least.rungs.has(each)) ?? 'exact';
  const { start, end, changed, undone } = least;
  return { start, end, newText: least.write(), rung, changed, undone };
}

function isSamePlace(left: Candidate, right: Candidate): boolean {
  return left.from === right.from && left.to === right.to;
}

function goesBefore(one: Candidate, other: Candidate): boolean {
  return other.isUnexplained ? !one.rungs.has('indentation') : isLess(one.rungs, other.rungs);
}

function isLess(left: ReadonlySet<Rung>, right: ReadonlySet<Rung>): boolean {
  return left.size < right.size && [...left].every((rung) => right.has(rung));
}

/** What the lines of the candidate are afterwards, for readings that begin or end at other columns. */
function wholeLines(file: FileText, { start, end, from, to, write }: Candidate): string {
  return file.slice(file.startOf(from), start) + write() + file.slice(end, file.startOf(to + 1));
}
