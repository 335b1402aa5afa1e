import { extname } from 'node:path';
import type { Extent, Rung } from '../change.ts';
import type { LineHunk } from '../diff-lines.ts';
import type { FileText } from '../file-text.ts';
import { EditRefusal } from '../refusal.ts';
import { align, changedIn, type Alignment, type Region } from './compare.ts';
import { isSignShift, withOwnIndent } from './own-indent.ts';
import { replay, textOf, type Surroundings } from './replay.ts';
import { everyIndex, everyRun } from './search.ts';
import { looseKey, plainText, unitsOf } from './typography.ts';
import type { Undone, Wording } from './wording.ts';

/** A shorter text stands in too many places but for small things: it must be exact. */
const shortestNeedle = 8;
const markdown = new Set(['.md', '.mdx', '.markdown']);

/** A place where a quoted text stands but for what `rungs` name. */
export interface Candidate {
  /** Offsets in the text of the file. */
  start: number;
  end: number;
  /** The first and the last line. */
  from: number;
  to: number;
  rungs: ReadonlySet<Rung>;
  /** The same lines, in an indentation that is not explained: no place for the edit, but one that another may have meant. */
  isUnexplained?: boolean;
  /** The lines between the context before and after a hunk, where it says which are context. */
  changed?: Extent | undefined;
  undone?: Undone;
  /** What is written there. @throws {EditRefusal} with the reason as a clause */
  write(): string;
}

interface LineForm {
  script?: readonly LineHunk[] | undefined;
  oldLines: readonly string[];
  newLines: readonly string[];
  /** It begins, or ends, at the border of a line. */
  startsLine: boolean;
  endsLine: boolean;
}

/** Every place where a wording stands under rungs that take no exact text. Nearly all of the time there is none or one. */
export function looseCandidates(path: string, file: FileText, wording: Wording): Candidate[] {
  if (wording.oldText.trim().length < shortestNeedle) return [];
  const form = lineForm(wording);
  if (!form) return [];
  const isMarkdown = markdown.has(extname(path).toLowerCase());
  const whole = wholeLineCandidates(file, wording, form, isMarkdown);
  return wording.isWholeLines ? whole : [...whole, ...partialCandidates(file, wording, form, isMarkdown)];
}

/** A text that ends in a line end and its replacement that does not, or the other way round, have no form in lines. */
function lineForm({ oldText, newText, isWholeLines, script }: Wording): LineForm | null {
  const startsLine = isWholeLines || oldText.startsWith('\n');
  const endsLine = oldText.endsWith('\n');
  let [before, after] = [oldText, newText];
  if (startsLine && !isWholeLines) {
    if (!after.startsWith('\n')) return null;
    [before, after] = [before.slice(1), after.slice(1)];
  }
  if (!endsLine)
    return after.endsWith('\n')
      ? null
      : { oldLines: before.split('\n'), newLines: after.split('\n'), startsLine, endsLine };
  if (after !== '' && !after.endsWith('\n')) return null;
  const newLines = after === '' ? [] : after.slice(0, -1).split('\n');
  return { oldLines: before.slice(0, -1).split('\n'), newLines, script, startsLine, endsLine };
}

function wholeLineCandidates(
  file: FileText,
  wording: Wording,
  form: LineForm,
  isMarkdown: boolean,
): Candidate[] {
  const keys = form.oldLines.map(looseKey);
  const solid = keys.filter((key) => key !== '');
  const before = keys.findIndex((key) => key !== '');
  const after = keys.length - 1 - keys.findLastIndex((key) => key !== '');
  const { solid: indexes, keys: fileKeys } = file.loose;
  return everyRun(fileKeys, solid).map((run) => {
    const last = run + solid.length - 1;
    const from = Math.max((indexes[run - 1] ?? -1) + 1, (indexes[run] ?? 0) - before);
    const end = Math.min(indexes[last + 1] ?? file.lines.length, (indexes[last] ?? 0) + after + 1);
    const region = { lines: file.lines.slice(from, end), ends: file.ends.slice(from, end) };
    const place = { start: file.startOf(from), end: file.startOf(end), from, to: end - 1 };
    const around = { end: file.endNear(from), isMarkdown };
    const { changed, ...found } = wholeLinesAt(form, region, wording, around);
    return {
      ...place,
      ...found,
      changed: changed && { from: from + changed.from, to: from + changed.to },
    };
  });
}

/** How the lines are those of a region, and what is written then. */
function wholeLinesAt(
  form: LineForm,
  region: Region,
  wording: Wording,
  around: Surroundings,
): Pick<Candidate, 'rungs' | 'write' | 'isUnexplained' | 'changed' | 'undone'> {
  const own = ownLines(form.oldLines, region.lines);
  const meant = wording.isIndentExact ? form.oldLines : withOwnIndent(form, own);
  const texts = { ...form, oldLines: meant ?? form.oldLines };
  const alignment = align(texts.oldLines, form.newLines, region, wording.isIndentExact ?? false);
  if (!alignment) return { rungs: new Set(), isUnexplained: true, write: () => textOf([]) };
  const write = () => {
    if (alignment.shifts.length && (!meant || isSignShift(form, alignment, own)))
      throw new EditRefusal('it is not clear whether its new lines are indented as the file is');
    return textOf(replay(texts, alignment, around));
  };
  const rungs = withWording(alignment, wording);
  if (meant && meant !== form.oldLines) rungs.add('indentation');
  const changed = form.script && changedIn(alignment, form.script);
  return { rungs, write, changed, undone: undoneBy(alignment, wording) };
}

/** For each quoted line that is not blank, the line of the region that it is. */
function ownLines(oldLines: readonly string[], lines: readonly string[]): string[] {
  const solid = lines.filter((line) => looseKey(line) !== '');
  let next = 0;
  return oldLines.map((line) => (looseKey(line) === '' ? '' : (solid[next++] ?? '')));
}

/** Where the text begins or ends within a line, its indentation is that of the file. */
function partialCandidates(
  file: FileText,
  wording: Wording,
  form: LineForm,
  isMarkdown: boolean,
): Candidate[] {
  const last = form.oldLines.length - 1;
  const needle = form.oldLines
    .map((line, index) => (index < last ? plainText(line).trimEnd() : plainText(line)))
    .join('\n');
  const { text, starts } = file.loose;
  const known = new Map<number, ReturnType<typeof rawColumns>>();
  const columnsOf = (line: number) => {
    const columns = known.get(line) ?? rawColumns(file.lines[line] ?? '');
    known.set(line, columns);
    return columns;
  };
  return everyIndex(text, needle).flatMap((index) => {
    const from = lastAtMost(starts, index);
    const to = from + last;
    const [first, final] = [file.lines[from] ?? '', file.lines[to] ?? ''];
    const column = columnsOf(from)(index - (starts[from] ?? 0));
    const endColumn = columnsOf(to)(index + needle.length - (starts[to] ?? 0));
    if (column === undefined || endColumn === undefined) return [];
    const isAtEnd = endColumn >= final.trimEnd().length;
    // Whole lines were compared under more rungs.
    if (column === 0 && isAtEnd) return [];
    if (isWithinIndent(first, column, form)) return [];
    if ((form.startsLine && column > 0) || (form.endsLine && !isAtEnd)) return [];
    const end = form.endsLine ? final.length : endColumn;
    const cut = file.lines.slice(from, to + 1);
    cut[last] = (cut[last] ?? '').slice(0, end);
    cut[0] = (cut[0] ?? '').slice(column);
    const region: Region = {
      lines: cut,
      ends: cut.map((_line, at) => (at < last ? (file.ends[from + at] ?? '') : '')),
    };
    const alignment = align(form.oldLines, form.newLines, region, true);
    if (!alignment || alignment.rungs.has('blank_lines')) return [];
    const write = () => {
      if (!form.newLines.length) throw new EditRefusal('it would join two lines');
      return textOf(replay(form, alignment, { end: file.endNear(from), isMarkdown }));
    };
    const place = { start: file.startOf(from) + column, end: file.startOf(to) + end, from, to };
    const undone = undoneBy(alignment, wording);
    return [{ ...place, rungs: withWording(alignment, wording), write, undone }];
  });
}

/** It begins within the indentation of the line: whole lines were compared under more rungs. */
function isWithinIndent(line: string, column: number, { oldLines }: LineForm): boolean {
  return column > 0 && line.slice(0, column).trim() === '' && /^[ \t]/.test(oldLines[0] ?? '');
}

function withWording({ rungs }: Alignment, wording: Wording): Set<Rung> {
  return new Set([...rungs, ...wording.rungs]);
}

function undoneBy({ spellings, shifts }: Alignment, { unescape }: Wording): Undone {
  return { spellings, shifts, unescape };
}

function lastAtMost(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where in a line its plain form has come to each of its columns; none within a unit. */
function rawColumns(line: string): (plainColumn: number) => number | undefined {
  if (plainText(line) === line) return (column) => column;
  const columns = new Map<number, number>();
  let [column, at] = [0, 0];
  for (const { raw, plain } of unitsOf(line)) {
    columns.set(at, column);
    column += raw.length;
    at += plain.length;
  }
  return (plainColumn) => columns.get(plainColumn) ?? (plainColumn === at ? column : undefined);
}
