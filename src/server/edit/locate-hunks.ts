import type { Hunk } from './change.ts';
import type { FileText } from './file-text.ts';
import type { Placed } from './ladder/choose.ts';
import { locateLoosely } from './ladder/locate-edit.ts';
import { everyRun } from './ladder/search.ts';
import { alreadyApplied, notFound, notUnique } from './messages.ts';
import { EditRefusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

interface Option {
  /** The first line and the one after the last. */
  from: number;
  to: number;
  placed: () => Placed;
}

/**
 * The places of the hunks of one patch. A hunk that stands in several places is decided by the others, in whose order it must
 * be, if only one of its places can be meant; never by line numbers.
 * @throws {EditRefusal}
 */
export function locateHunks(path: string, file: FileText, hunks: readonly Hunk[]): Placed[] {
  const wanted = hunks.map((_hunk, index) => ({
    path,
    file,
    name: `Hunk ${index + 1}`,
    subject: 'the text of its context and removed lines',
  }));
  const options = hunks.map((hunk, index) => optionsOf(wanted[index] as Wanted, hunk));
  const unclear = options.findIndex((each) => each.length > 1);
  if (unclear < 0) return options.flatMap(([only]) => (only ? [only.placed()] : []));
  const chosen = hunks.every(({ isOrdered }) => isOrdered) ? inOrder(options) : null;
  if (chosen) return chosen.map(({ placed }) => placed());
  throw notUnique(
    wanted[unclear] as Wanted,
    (options[unclear] ?? []).map(({ from }) => file.startOf(from)),
  );
}

function optionsOf(wanted: Wanted, hunk: Hunk): Option[] {
  const { file, name } = wanted;
  if (!hunk.oldLines.length) return [atEndOf(wanted, hunk)];
  const blocks = blocksOf(wanted, hunk.anchors);
  const isAllowed = (from: number, to: number) => {
    if (hunk.atEnd && to !== file.lines.length) return false;
    return blocks.some((block) => from >= block.from && from < block.to);
  };
  const exact = everyRun(file.lines, hunk.oldLines).map((from) => ({
    from,
    to: from + hunk.oldLines.length,
  }));
  if (!exact.length) return [loosely(wanted, hunk, isAllowed)];
  let places = exact.filter(({ from, to }) => isAllowed(from, to));
  // A patch may name a line that only stands before the place and has no block of its own.
  if (!places.length && hunk.anchors.length) {
    const start = Math.min(...blocks.map(({ from }) => from));
    places = exact.filter(({ from, to }) => from >= start && (!hunk.atEnd || to === file.lines.length));
  }
  if (!places.length)
    throw new EditRefusal(
      `${name}: its text stands in ${wanted.path} at line ${(exact[0]?.from ?? 0) + 1}, but not ${hunk.atEnd ? 'at the end of the file' : 'after the line of its @@'}. Nothing was changed. Correct that line or leave it out.`,
    );
  const done = everyRun(file.lines, hunk.newLines).find((at) =>
    places.some(({ from, to }) => at <= from && at + hunk.newLines.length >= to),
  );
  if (done !== undefined && places.length === 1 && hunk.finalNewline === undefined)
    throw alreadyApplied(wanted, file.startOf(done));
  return places.map(({ from, to }) => ({ from, to, placed: () => replaceLines(file, hunk, from, to) }));
}

function replaceLines(file: FileText, { newLines, finalNewline }: Hunk, from: number, to: number): Placed {
  const [start, end] = [file.startOf(from), file.startOf(to)];
  const isLast = to === file.lines.length;
  const hasEnd = isLast && finalNewline !== undefined ? finalNewline : !isLast || file.endsInLineEnd;
  if (!isLast && finalNewline !== undefined)
    throw new EditRefusal('A hunk that says how the file ends is not at its end. Nothing was changed.');
  const text = newLines.map((line) => `${line}\n`).join('');
  return {
    start,
    end,
    newText: file.withLineEnds(start, end, hasEnd ? text : text.slice(0, -1)),
    rung: 'exact',
  };
}

/** Lines without context can only go to the end, and only if the patch says so. */
function atEndOf({ file, name, path }: Wanted, { newLines, atEnd, anchors }: Hunk): Option {
  const count = file.lines.length;
  if (count > 0 && (!atEnd || anchors.length))
    throw new EditRefusal(
      `${name}: it only adds lines and does not say where. Nothing was changed in ${path}. Give a line before or after the place as context.`,
    );
  const start = file.text.length;
  const lead = count > 0 && !file.endsInLineEnd ? '\n' : '';
  const last = count === 0 || file.endsInLineEnd ? '\n' : '';
  const newText = (lead + newLines.join('\n') + last).replaceAll('\n', file.endNear(count - 1));
  return { from: count, to: count, placed: () => ({ start, end: start, newText, rung: 'exact' }) };
}

function loosely(wanted: Wanted, hunk: Hunk, isAllowed: (from: number, to: number) => boolean): Option {
  const { file, name, path } = wanted;
  const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  const written = {
    oldText: asText(hunk.oldLines),
    newText: asText(hunk.newLines),
    rungs: [],
    isWholeLines: true,
    ...(hunk.script ? { script: hunk.script } : {}),
  };
  const placed = locateLoosely(wanted, written);
  const from = file.lineAt(placed.start);
  const to = file.lineAt(placed.end - 1) + 1;
  if (!isAllowed(from, to))
    throw new EditRefusal(
      `${name}: its text nearly stands in ${path} at line ${from + 1}, but not where its @@ or its end says. Nothing was changed.`,
    );
  if (hunk.finalNewline !== undefined) throw notFound(wanted, written);
  return { from, to, placed: () => placed };
}

interface Way {
  option: Option;
  /** How many ways there are to place all hunks after it: none, one, or more. */
  count: number;
  rest: Option[];
}

/** The one way to take a place for each hunk so that they stand one after the other; null when there is none or several. */
function inOrder(options: readonly (readonly Option[])[]): Option[] | null {
  let ways: Way[] | null = null;
  for (const list of options.toReversed()) ways = list.map((option) => wayFrom(option, ways));
  const [way, second] = (ways ?? []).filter(({ count }) => count > 0);
  return way?.count === 1 && !second ? [way.option, ...way.rest] : null;
}

function wayFrom(option: Option, after: readonly Way[] | null): Way {
  if (!after) return { option, count: 1, rest: [] };
  const following = after.filter((next) => next.count > 0 && next.option.from >= option.to);
  const [next] = following;
  const count = following.reduce((sum, each) => sum + each.count, 0);
  return { option, count: Math.min(2, count), rest: next ? [next.option, ...next.rest] : [] };
}

interface Block {
  from: number;
  to: number;
}

/** The blocks under the lines that the patch names, each within the block of the one before it. */
function blocksOf({ file, name, path }: Wanted, anchors: readonly string[]): Block[] {
  let blocks: Block[] = [{ from: 0, to: file.lines.length }];
  for (const anchor of anchors) {
    const found = anchorLines(file, anchor, blocks);
    if (!found.length)
      throw new EditRefusal(
        `${name}: the line after @@, ${JSON.stringify(anchor)}, does not stand in ${path}. Nothing was changed. Copy that line from the file, or leave it out and give more lines of context.`,
      );
    blocks = found.map((from) => ({ from, to: blockEnd(file.lines, from) }));
  }
  return blocks;
}

/** Lines that are the anchor; where there is none, those that begin with it, then those that contain it. */
function anchorLines(file: FileText, anchor: string, blocks: readonly Block[]): number[] {
  const wanted = anchor.trim();
  const within = blocks.flatMap(({ from, to }) =>
    Array.from({ length: to - from }, (_none, index) => from + index),
  );
  const line = (index: number) => (file.lines[index] ?? '').trim();
  const equal = within.filter((index) => line(index) === wanted);
  if (equal.length) return equal;
  const beginning = within.filter((index) => line(index).startsWith(wanted));
  return beginning.length ? beginning : within.filter((index) => line(index).includes(wanted));
}

/** A block ends before the next line that is not further to the right; a line without a block reaches to the end. */
function blockEnd(lines: readonly string[], from: number): number {
  const width = (line: string) => line.length - line.trimStart().length;
  const own = width(lines[from] ?? '');
  let hasBody = false;
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    if (width(line) > own) hasBody = true;
    else if (!/^\s*[{)\]]/.test(line)) return hasBody ? index : lines.length;
  }
  return lines.length;
}
