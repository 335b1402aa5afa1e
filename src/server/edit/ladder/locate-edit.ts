import type { Edit } from '../change.ts';
import type { FileText } from '../file-text.ts';
import { withLineEnds } from '../line-ends.ts';
import { alreadyApplied, notFound, notUnique, unsure, withinWord } from '../messages.ts';
import { EditRefusal } from '../refusal.ts';
import type { Wanted } from '../wanted.ts';
import { looseCandidates, type Candidate } from './candidates.ts';
import { choose, type Placed } from './choose.ts';
import { mayBeWithinString, standsAsWritten, withoutEscapes } from './escapes.ts';
import { mayBeOwnNumbers, withoutLineNumbers } from './line-numbers.ts';
import { everyIndex } from './search.ts';
import type { Wording } from './wording.ts';

/** The one place of an edit. @throws {EditRefusal} */
export function locateEdit(wanted: Wanted, edit: Edit): Placed {
  const { file, name } = wanted;
  // A byte order mark belongs to no line: it stays, whether it was quoted or not.
  const isMarked = file.bom !== '' && edit.oldText.startsWith(file.bom);
  const textOf = (text: string) =>
    file.normalise(isMarked && text.startsWith(file.bom) ? text.slice(1) : text);
  const [oldText, newText] = [textOf(edit.oldText), textOf(edit.newText)];
  if (oldText === '')
    throw new EditRefusal(
      `${name}: oldText is empty. Give the text to replace, or use write_file for a new file.`,
    );
  if (edit.oldText === edit.newText) throw new EditRefusal(`${name}: oldText and newText are the same.`);
  if (oldText === newText)
    throw new EditRefusal(
      `${name}: oldText and newText differ only in line ends or a byte order mark, which stay as the file has them. Nothing was changed. Convert a file with a command.`,
    );
  const places = everyIndex(file.text, oldText);
  const [start] = places;
  if (places.length > 1) throw notUnique(wanted, places);
  const isInIndent = start !== undefined && isWithinIndent(file, start, oldText);
  if (start === undefined || (isInIndent && (oldText + newText).includes('\n')))
    return locateLoosely(wanted, { oldText, newText, rungs: [] });
  if (isInIndent) refuseOtherIndents(wanted, start, { oldText, newText, rungs: [] });
  const end = start + oldText.length;
  if (isCutWord(file, start, end)) throw withinWord(wanted, start, oldText);
  const done = standsAround(file.text, { start, oldText, newText });
  if (done !== null) throw alreadyApplied(wanted, done);
  return { start, end, newText: withLineEnds(file, { start, end, newText }), rung: 'exact' };
}

/** It begins within the indentation of a line, so its own is another: what is right for that line is not for further ones. */
function isWithinIndent(file: FileText, start: number, oldText: string): boolean {
  if (!/^[ \t]/.test(oldText)) return false;
  const before = file.text.slice(file.startOf(file.lineAt(start)), start);
  return before !== '' && before.trim() === '';
}

/** Whole lines but for the rest of a word or number, as `limit = 3` where the file has `limit = 30`: they were other lines once. */
function isCutWord(file: FileText, start: number, end: number): boolean {
  const { text } = file;
  const isCut = (at: number) =>
    /^\w\w$/.test(text.slice(at - 1, at + 1)) ||
    [1, 2].some((back) => /^\d\.\d$/.test(text.slice(at - back, at - back + 3)));
  const before = text.slice(file.startOf(file.lineAt(start)), start);
  const lineEnd = text.indexOf('\n', end);
  const after = text.slice(end, lineEnd < 0 ? text.length : lineEnd);
  return (before.trim() === '' && isCut(end)) || (after.trim() === '' && isCut(start));
}

/** One line may be quoted with less indentation than it has, but not where the same line stands with less elsewhere. */
function refuseOtherIndents(wanted: Wanted, start: number, written: Wording): void {
  const body = written.oldText.trimStart();
  const own = wanted.file.lineAt(start);
  const others = wanted.file.lines.flatMap((line, index) =>
    index !== own && line.trimStart().startsWith(body) ? [index + 1] : [],
  );
  if (others.length)
    throw unsure(wanted, written, [own + 1, ...others], 'the line stands there in several indentations');
}

/** Where a text stands that contains the old one where that stands: an edit that only adds was applied before. */
function standsAround(
  text: string,
  { start, oldText, newText }: { start: number; oldText: string; newText: string },
) {
  const inside = everyIndex(newText, oldText).find(
    (at) => text.startsWith(newText, start - at) && start >= at,
  );
  return inside === undefined ? null : start - inside;
}

/** The one place where a text stands but for small things that models and editors change. @throws {EditRefusal} */
export function locateLoosely(wanted: Wanted, written: Wording): Placed {
  const { path, file } = wanted;
  const done = newPlaces(file, written);
  const meanings = [...withoutLineNumbers(written), ...(written.isWholeLines ? [] : withoutEscapes(written))];
  const candidates = looseCandidates(path, file, written);
  for (const meant of meanings)
    candidates.push(
      ...looseCandidates(path, file, meant).map((each) => guarded(file, each, { written, meant })),
    );
  if (!candidates.length) throw notFound(wanted, written, done[0]);
  const applied = done.find((at) =>
    candidates.some((each) => isElsewhere(at, at + written.newText.length, each)),
  );
  if (applied !== undefined) throw alreadyApplied(wanted, applied);
  try {
    const chosen = choose(file, candidates);
    if ('lines' in chosen) throw new EditRefusal('');
    return chosen;
  } catch (cause) {
    if (!(cause instanceof EditRefusal)) throw cause;
    throw unsure(
      wanted,
      written,
      candidates.map(({ from }) => from + 1),
      cause.message,
    );
  }
}

/** Where the new text stands already. A short one stands anywhere. */
function newPlaces(file: FileText, { oldText, newText, isWholeLines }: Wording): number[] {
  if (newText.trim().length < 8 || oldText.includes(newText)) return [];
  return everyIndex(file.text, newText).filter(
    (at) => !isWholeLines || at === 0 || file.text[at - 1] === '\n',
  );
}

/** Only a place that is found by its shape could be another one that looks like that of an edit applied before. */
function isElsewhere(start: number, end: number, candidate: Candidate): boolean {
  const isByShape = candidate.rungs.has('indentation') || candidate.rungs.has('blank_lines');
  return isByShape && (end <= candidate.start || start >= candidate.end);
}

/** A reading is not taken where what it leaves out may be of the file. */
function guarded(
  file: FileText,
  candidate: Candidate,
  { written, meant }: { written: Wording; meant: Wording },
): Candidate {
  const write = () => {
    if (mayBeOwnNumbers(file.lines, candidate.from, meant))
      throw new EditRefusal('its line numbers are others, and may be of the file');
    const isEscaped = meant.rungs.includes('escapes');
    if (isEscaped && (mayBeWithinString(written, meant) || standsAsWritten(file.text, written)))
      throw new EditRefusal('some of its escapes may belong to strings of the file');
    return candidate.write();
  };
  return { ...candidate, write };
}
