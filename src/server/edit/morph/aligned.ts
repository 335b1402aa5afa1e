import type { UpdateLines } from './update-lines.ts';

/** A merge, with each of its lines that is one of the update. */
export interface Aligned {
  old: readonly string[];
  lines: readonly string[];
  /** By line of the result: the line of the update that it is, or -1. */
  of: Int32Array;
  asked: UpdateLines;
  /** By line of the result. */
  isNew: readonly boolean[];
}

/** Between the first and the last of these lines of the update. */
export function hasMarker({ markerBefore }: UpdateLines, part: readonly number[]): boolean {
  const [first, last] = [part[0], part.at(-1)];
  return first !== undefined && last !== undefined && markerBefore.slice(first + 1, last + 1).includes(true);
}

/** A line as it is quoted in what is wrong. */
export function short(line: string): string {
  const text = line.trim();
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
