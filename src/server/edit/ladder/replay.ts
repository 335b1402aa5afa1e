import type { LineHunk } from '../diff-lines.ts';
import { counterparts } from '../line-ends.ts';
import { possibleDiffs } from '../possible-diffs.ts';
import { EditRefusal } from '../refusal.ts';
import { bodyOf, type Alignment } from './compare.ts';
import { indentOf, shifted } from './indentation.ts';
import { spellAsFile, spellingsOf } from './typography.ts';

export interface Line {
  text: string;
  end: string;
}

/** What a replay needs to know of the file around the region. */
export interface Surroundings {
  /** The line end of a line that is added where no other is near. */
  end: string;
  /** Two spaces at the end of a line mean something there. */
  isMarkdown: boolean;
}

interface Texts {
  oldLines: readonly string[];
  newLines: readonly string[];
  /** Which lines stay, where that is said. */
  script?: readonly LineHunk[] | undefined;
}

/**
 * The lines of the region with only those replaced that differ between the quoted and the new lines; all others keep their
 * own characters. Where two scripts are as short and would leave other characters, it is not clear which lines stay.
 * @throws {EditRefusal} with the reason as a clause
 */
export function replay(texts: Texts, alignment: Alignment, around: Surroundings): Line[] {
  const { oldLines, newLines, script } = texts;
  const same = (left: number, right: number) => isKept(oldLines, newLines, alignment, left, right);
  const scripts = script ? within(script, same) : possibleDiffs(oldLines.length, newLines.length, same);
  const results = scripts.map((hunks) => {
    if (!hunks) throw new EditRefusal('it changes too many lines to be sure');
    return written(texts, alignment, around, hunks);
  });
  const [first = []] = results;
  if (results.some((each) => textOf(each) !== textOf(first)))
    throw new EditRefusal('it is not clear which of several equal lines stay');
  const { lines, ends } = alignment.region;
  if (textOf(first) === lines.map((line, index) => line + (ends[index] ?? '')).join(''))
    throw new EditRefusal('it would change nothing there');
  return first;
}

/** A patch may remove and add the same line. */
function within(
  script: readonly LineHunk[],
  same: (left: number, right: number) => boolean,
): (LineHunk[] | null)[] {
  const parts = script.map(({ oldStart, oldEnd, newStart, newEnd }) =>
    possibleDiffs(oldEnd - oldStart, newEnd - newStart, (left, right) =>
      same(oldStart + left, newStart + right),
    ).map((hunks) =>
      hunks?.map((hunk) => ({
        oldStart: hunk.oldStart + oldStart,
        oldEnd: hunk.oldEnd + oldStart,
        newStart: hunk.newStart + newStart,
        newEnd: hunk.newEnd + newStart,
      })),
    ),
  );
  const ways = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: ways }, (_none, way) => {
    const chosen = parts.map((part) => part[way % part.length]);
    return chosen.some((part) => part === undefined) ? null : chosen.flatMap((part) => part ?? []);
  });
}

/** Lines with their line ends. */
export function textOf(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}

/** A difference between quoted and new text counts unless the quoted line is not that of the file in the same respect. */
function isKept(
  oldLines: readonly string[],
  newLines: readonly string[],
  { own, region }: Alignment,
  left: number,
  right: number,
): boolean {
  const [oldLine, newLine] = [oldLines[left] ?? '', newLines[right] ?? ''];
  if (oldLine === newLine) return true;
  const at = own[left];
  const mine = at === null || at === undefined ? undefined : region.lines[at];
  if (mine === undefined || mine === oldLine) return false;
  if (indentOf(newLine) !== indentOf(oldLine)) return false;
  return newLine === mine || oldLine.trimEnd() === newLine.trimEnd();
}

function written(
  { oldLines, newLines }: Texts,
  alignment: Alignment,
  around: Surroundings,
  hunks: readonly LineHunk[],
): Line[] {
  const { region, own, drifts } = alignment;
  const out: Line[] = [];
  let [at, next] = [0, 0];
  const keepUntil = (index: number) => {
    for (; next < index; next += 1)
      out.push({ text: region.lines[next] ?? '', end: region.ends[next] ?? '' });
  };
  const keepOld = (until: number) => {
    for (; at < until; at += 1) {
      const mine = own[at];
      if (mine !== null && mine !== undefined) keepUntil(mine + 1);
    }
  };
  for (const hunk of hunks) {
    if (drifts.some(({ from, to }) => hunk.oldStart <= to && hunk.oldEnd >= from))
      throw new EditRefusal('the number of blank lines next to the change differs');
    keepOld(hunk.oldStart);
    const replaced = oldLines.slice(hunk.oldStart, hunk.oldEnd);
    const lines = newLinesOf(newLines.slice(hunk.newStart, hunk.newEnd), replaced, alignment, around, hunk);
    const places = counterparts(replaced, newLines.slice(hunk.newStart, hunk.newEnd));
    for (const [index, text] of lines.entries()) {
      const mine = own[hunk.oldStart + (places[index] ?? replaced.length)];
      const end = (places[index] !== null && mine !== null && mine !== undefined && region.ends[mine]) || '';
      out.push({ text, end: end || out.at(-1)?.end || region.ends[next] || around.end });
    }
    next += replaced.length;
    at = hunk.oldEnd;
  }
  keepOld(oldLines.length);
  keepUntil(region.lines.length);
  return withLastEnd(out, region.ends.at(-1) ?? '', around.end);
}

/** The file's last line may have no line end: then the new last line has none, and all before it have one. */
function withLastEnd(lines: Line[], last: string, usual: string): Line[] {
  return lines.map(({ text, end }, index) => {
    if (index === lines.length - 1) return { text, end: last === '' ? '' : end || last };
    return { text, end: end || lines[index - 1]?.end || usual };
  });
}

function newLinesOf(
  lines: readonly string[],
  replaced: readonly string[],
  alignment: Alignment,
  { isMarkdown }: Surroundings,
  hunk: LineHunk,
): string[] {
  const { own, region, shifts, spellings, strayLines } = alignment;
  refuseMeantSpace(lines, alignment);
  const pairs = replaced.flatMap((written, index) => {
    const mine = own[hunk.oldStart + index];
    const line = mine === null || mine === undefined ? undefined : region.lines[mine];
    return line === undefined ? [] : [{ written, own: line }];
  });
  if (
    isMarkdown &&
    lines.length &&
    pairs.some(({ written, own: mine }) => hasHardBreak(mine) && !hasHardBreak(written))
  )
    throw new EditRefusal(
      'a line that changes ends in two spaces, a line break in Markdown, which the text leaves out',
    );
  const bodies = lines.map((line) => line.slice(indentOf(line).length));
  const spelt = spellings.size ? spellAsFile(bodies, spellings, speltIn(pairs)) : bodies;
  if (!spelt)
    throw new EditRefusal(
      'the file writes quotes, dashes or spaces there in another way, and it is not clear which are meant',
    );
  return spelt.map((body, index) => {
    const indent = indentOf(lines[index] ?? '');
    const ownIndent = shifts.length && (indent !== '' || body !== '') ? shifted(shifts, indent) : indent;
    if (ownIndent === null) throw new EditRefusal('it is not clear how far new lines are to be indented');
    return strayLines.size ? (ownIndent + body).trimEnd() : ownIndent + body;
  });
}

/** Some quoted lines end in whitespace that is not there, and so do other new ones, where it may be meant. */
function refuseMeantSpace(lines: readonly string[], { strayLines, isStrayEverywhere }: Alignment): void {
  const others = lines.filter((line) => line.trim() !== '' && !strayLines.has(line));
  const spaced = others.filter((line) => line !== line.trimEnd());
  if (!strayLines.size || !spaced.length) return;
  if (!isStrayEverywhere || spaced.length < others.length)
    throw new EditRefusal('it is not clear whether whitespace at the end of new lines is meant');
}

function speltIn(pairs: readonly { written: string; own: string }[]) {
  const bodies = pairs.map(({ written, own }) => ({ written: bodyOf(written), own: bodyOf(own) }));
  return spellingsOf(bodies) ?? new Map<string, never>();
}

function hasHardBreak(line: string): boolean {
  return line.trim() !== '' && line.endsWith('  ');
}
