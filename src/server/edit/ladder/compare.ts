import type { Extent, Rung } from '../change.ts';
import type { LineHunk } from '../diff-lines.ts';
import { indentOf, shiftsBetween } from './indentation.ts';
import { differing, looseKey, plainText, spellingsOf, type Spellings } from './typography.ts';

/** Lines of the file that may be those that were quoted. */
export interface Region {
  lines: readonly string[];
  ends: readonly string[];
}

/** Old lines from `from` up to `to` stand between two lines that the file has other blank lines between. */
interface BlankDrift {
  from: number;
  to: number;
}

/** How quoted lines are those of a region. */
export interface Alignment {
  region: Region;
  /** For each quoted line its index in the region; null for a blank line that the file does not have. */
  own: readonly (number | null)[];
  rungs: ReadonlySet<Rung>;
  drifts: readonly BlankDrift[];
  /** Empty where the indentation is that of the file. */
  shifts: readonly ((indent: string) => string | null)[];
  /** What is spelt differently in the file. */
  spellings: Spellings;
  /** Quoted lines, as they are written, that end in whitespace which the file does not have. */
  strayLines: ReadonlySet<string>;
  /** All of them do: neither does it mean anything in new lines. */
  isStrayEverywhere: boolean;
}

interface Pair {
  written: string;
  own: string;
}

/**
 * Compares quoted lines with a region whose lines, but for blank ones, have the same loose keys in the same order.
 * @param newLines only for their indentation: what cannot be carried over to them makes no alignment
 * @returns null when they are not the same under any rung
 */
export function align(
  oldLines: readonly string[],
  newLines: readonly string[],
  region: Region,
  isIndentExact: boolean,
): Alignment | null {
  const { own, drifts } = alignBlanks(oldLines, region.lines);
  const pairs: Pair[] = [];
  for (const [index, written] of oldLines.entries()) {
    const at = own[index];
    const line = at === null || at === undefined ? undefined : region.lines[at];
    if (line !== undefined) pairs.push({ written, own: line });
  }
  const solid = pairs.filter(({ written }) => written.trim() !== '');
  const bodies = solid.map(({ written, own: mine }) => ({ written: bodyOf(written), own: bodyOf(mine) }));
  if (bodies.some(({ written, own: mine }) => plainText(written) !== plainText(mine))) return null;
  const isSpelt = bodies.some(({ written, own: mine }) => written !== mine);
  const spellings = isSpelt ? spellingsOf(bodies) : new Map<string, never>();
  if (!spellings) return null;
  const isShifted = solid.some(({ written, own: mine }) => indentOf(written) !== indentOf(mine));
  if (isShifted && isIndentExact) return null;
  const shifts = isShifted ? shiftsOf(solid, [...oldLines, ...newLines]) : [];
  if (isShifted && !shifts.length) return null;
  const stray = pairs.filter(({ written, own: mine }) => trailOf(written) !== trailOf(mine));
  const rungs = new Set<Rung>();
  if (stray.length) rungs.add('trailing_space');
  if (isSpelt) rungs.add('typography');
  if (isShifted) rungs.add('indentation');
  if (drifts.length) rungs.add('blank_lines');
  const strayLines = new Set(stray.map(({ written }) => written).filter((line) => trailOf(line) !== ''));
  const isStrayEverywhere = strayLines.size > 0 && solid.every(({ written }) => trailOf(written) !== '');
  return {
    region,
    own,
    rungs,
    drifts,
    shifts,
    spellings: differing(spellings),
    strayLines,
    isStrayEverywhere,
  };
}

/** The lines of the region that are not context before or after a script. */
export function changedIn({ own, region }: Alignment, script: readonly LineHunk[]): Extent {
  const [before, after] = [own[(script[0]?.oldStart ?? 0) - 1], own[script.at(-1)?.oldEnd ?? 0]];
  return { from: (before ?? -1) + 1, to: after ?? region.lines.length };
}

/** Without the spaces and tabs before it and the whitespace after it. */
export function bodyOf(line: string): string {
  return line.slice(indentOf(line).length).trimEnd();
}

function trailOf(line: string): string {
  return line.slice(line.trimEnd().length);
}

function shiftsOf(pairs: readonly Pair[], all: readonly string[]) {
  const indents = all.filter((line) => line.trim() !== '').map(indentOf);
  return shiftsBetween(
    pairs.map(({ written }) => indentOf(written)),
    pairs.map(({ own }) => indentOf(own)),
    indents,
  );
}

function alignBlanks(oldLines: readonly string[], lines: readonly string[]) {
  const own: (number | null)[] = oldLines.map(() => null);
  const drifts: BlankDrift[] = [];
  const solidOld = [...solidIndexes(oldLines), oldLines.length];
  const solid = [...solidIndexes(lines), lines.length];
  let [oldAt, at] = [0, 0];
  for (const [index, oldNext] of solidOld.entries()) {
    const next = solid[index] ?? lines.length;
    if (oldNext - oldAt === next - at)
      for (let blank = oldAt; blank < oldNext; blank += 1) own[blank] = at + blank - oldAt;
    else drifts.push({ from: oldAt, to: oldNext });
    if (oldNext < oldLines.length) own[oldNext] = next;
    [oldAt, at] = [oldNext + 1, next + 1];
  }
  return { own, drifts };
}

function solidIndexes(lines: readonly string[]): number[] {
  return lines.flatMap((line, index) => (looseKey(line) === '' ? [] : [index]));
}
