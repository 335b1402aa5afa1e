import type { BaseEdit } from '../pairs.ts';
import type { Random } from '../random.ts';

/** An edit and a file that do not quite fit any more, and what the file has to be afterwards. */
export interface Damaged {
  before: string;
  /** null: there is no right result, the edit has to be refused. */
  expected: string | null;
  oldLines: string[];
  newLines: string[];
  /** How the text of an exact edit is written in the end. */
  asWritten?: (text: string) => string;
  /** A line above the hunk, for patches that name one. */
  anchor?: string;
  /** Hunks that share lines share one that the first of them removes, or are not in the order of the file. */
  overlap?: 'changed line' | 'order';
}

export interface Damage {
  name: string;
  /** null where the damage cannot be done, or leaves no single right answer. */
  apply(base: BaseEdit, random: Random): Damaged | null;
}

/** Lines of a file as text. */
export function textOf(lines: readonly string[], end = '\n'): string {
  return lines.map((line) => line + end).join('');
}

/** The file with other lines in the place of the edit. */
export function withRegion({ lines, at, oldLines }: BaseEdit, region: readonly string[]): string[] {
  return [...lines.slice(0, at), ...region, ...lines.slice(at + oldLines.length)];
}

/** The edit as it is, on the file as it is. */
export function undamaged(base: BaseEdit): Damaged & { expected: string } {
  const { lines, oldLines, newLines } = base;
  return { before: textOf(lines), expected: textOf(withRegion(base, newLines)), oldLines, newLines };
}

/** Only the edit is changed, all its lines in the same way. */
export function writtenAs(base: BaseEdit, change: (line: string, index: number) => string): Damaged {
  const { oldLines, newLines } = base;
  return { ...undamaged(base), oldLines: oldLines.map(change), newLines: newLines.map(change) };
}

/** Only lines of the file are changed that the edit leaves as they are. */
export function inContext(base: BaseEdit, change: (line: string, index: number) => string): Damaged {
  const { oldLines, newLines, head, tail } = base;
  const changed = (lines: readonly string[]) => {
    const isContext = (index: number) => index < head || index >= lines.length - tail;
    // Counted from the nearer end, a line of context has the same index before and after.
    const index = (at: number) => (at < head ? at : head + at - (lines.length - tail));
    return lines.map((line, at) => (isContext(at) ? change(line, index(at)) : line));
  };
  return {
    before: textOf(withRegion(base, changed(oldLines))),
    expected: textOf(withRegion(base, changed(newLines))),
    oldLines,
    newLines,
  };
}

export function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

export function solid(lines: readonly string[]): string[] {
  return lines.filter((line) => line.trim() !== '');
}
