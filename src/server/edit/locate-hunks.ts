import { blocksOf } from './anchor-blocks.ts';
import type { Extent, Hunk } from './change.ts';
import type { FileText } from './file-text.ts';
import type { Placed } from './ladder/choose.ts';
import { locateLoosely } from './ladder/locate-edit.ts';
import { everyRun } from './ladder/search.ts';
import { withLineEnds } from './line-ends.ts';
import { alreadyApplied, notFound, notUnique } from './messages.ts';
import { EditRefusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

interface Option extends Extent {
  /** Without context before and after what it changes. */
  changed: Extent;
  placed: () => Placed;
}

/** A hunk that stands in more places is not told apart by the order of the others. */
const mostPlaces = 200;

/**
 * The places of the hunks of one patch. A hunk that stands in several places is decided by the others, in whose order it must
 * be, if only one of its places can be meant, and only where the patch says that they are in order.
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
  const exact = everyRun(file.lines, hunk.oldLines, Infinity).map((from) => ({
    from,
    to: from + hunk.oldLines.length,
  }));
  if (!exact.length) return [loosely(wanted, hunk, isAllowed)];
  let places = exact.filter(({ from, to }) => isAllowed(from, to));
  // A patch may name a line that only stands before the place.
  if (!places.length && hunk.anchors.length)
    places = exact.filter(
      ({ from, to }) =>
        blocks.some((block) => from >= block.from && from <= block.reach) &&
        (!hunk.atEnd || to === file.lines.length),
    );
  if (!places.length)
    throw new EditRefusal(
      `${name}: its text stands in ${wanted.path} at line ${(exact[0]?.from ?? 0) + 1}, but not ${hunk.atEnd ? 'at the end of the file' : 'in the block of the line of its @@'}. Nothing was changed. Correct that line or leave it out.`,
    );
  if (places.length > mostPlaces)
    throw notUnique(
      wanted,
      places.map(({ from }) => file.startOf(from)),
    );
  const done = everyRun(file.lines, hunk.newLines, Infinity).find((at) =>
    places.some(({ from, to }) => at <= from && at + hunk.newLines.length >= to),
  );
  if (done !== undefined && places.length === 1 && hunk.finalNewline === undefined)
    throw alreadyApplied(wanted, file.startOf(done));
  return places.map(({ from, to }) => {
    const [first, last] = [hunk.script?.[0], hunk.script?.at(-1)];
    const changed =
      first && last
        ? { from: from + first.oldStart, to: to - hunk.oldLines.length + last.oldEnd }
        : { from, to };
    // A hunk that only the others decide for shares nothing with them.
    const own = places.length === 1 ? { changed } : {};
    return { from, to, changed, placed: () => ({ ...replaceLines(file, hunk, from, to), ...own }) };
  });
}

function replaceLines(
  file: FileText,
  { newLines, finalNewline, script }: Hunk,
  from: number,
  to: number,
): Placed {
  const [start, end] = [file.startOf(from), file.startOf(to)];
  const isLast = to === file.lines.length;
  const hasEnd = isLast && finalNewline !== undefined ? finalNewline : !isLast || file.endsInLineEnd;
  if (!isLast && finalNewline !== undefined)
    throw new EditRefusal('A hunk that says how the file ends is not at its end. Nothing was changed.');
  const text = newLines.map((line) => `${line}\n`).join('');
  return {
    start,
    end,
    newText: withLineEnds(file, { start, end, newText: hasEnd ? text : text.slice(0, -1), script }),
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
  const place = { from: count, to: count };
  return { ...place, changed: place, placed: () => ({ start, end: start, newText, rung: 'exact' }) };
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
  return { from, to, changed: placed.changed ?? { from, to }, placed: () => placed };
}

/** At most lines that stay, and are context of both, are shared. */
function mayFollow(option: Option, next: Option): boolean {
  return next.from >= option.changed.to && next.changed.from >= option.to;
}

interface Way {
  option: Option;
  /** How many ways there are to place all hunks after it: none, one, or more. */
  count: number;
  next: Way | null;
}

/** The one way to take a place for each hunk so that they stand one after the other; null when there is none or several. */
function inOrder(options: readonly (readonly Option[])[]): Option[] | null {
  let ways: Way[] | null = null;
  for (const list of options.toReversed()) {
    const after: Way[] | null = ways;
    ways = list.map((option) => wayFrom(option, after)).filter(({ count }) => count > 0);
  }
  const [way, second] = ways ?? [];
  if (way?.count !== 1 || second) return null;
  const chosen: Option[] = [];
  for (let at: Way | null = way; at; at = at.next) chosen.push(at.option);
  return chosen;
}

/** @param after in the order of the file: more than two of them need not be looked at */
function wayFrom(option: Option, after: readonly Way[] | null): Way {
  if (!after) return { option, count: 1, next: null };
  const first = after.findIndex(({ option: next }) => mayFollow(option, next));
  const following = first < 0 ? [] : after.slice(first, first + 2);
  const count = following.reduce((sum, each) => sum + each.count, 0);
  return { option, count: Math.min(2, count), next: following[0] ?? null };
}
