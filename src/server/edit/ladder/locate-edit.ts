import type { Edit } from '../change.ts';
import type { FileText } from '../file-text.ts';
import { alreadyApplied, notFound, notUnique, unsure } from '../messages.ts';
import { EditRefusal } from '../refusal.ts';
import type { Wanted } from '../wanted.ts';
import { looseCandidates, type Candidate } from './candidates.ts';
import { choose, type Placed } from './choose.ts';
import { mayBeWithinString, withoutEscapes } from './escapes.ts';
import { withoutLineNumbers } from './line-numbers.ts';
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
  if (start === undefined || isShifted(file, start, oldText, newText))
    return locateLoosely(wanted, { oldText, newText, rungs: [] });
  const end = start + oldText.length;
  const done = standsAround(file.text, { start, oldText, newText });
  if (done !== null) throw alreadyApplied(wanted, done);
  return { start, end, newText: file.withLineEnds(start, end, newText), rung: 'exact' };
}

/**
 * The text begins within the indentation of a line, so its own is another: where there are more lines, what is right for the
 * first is not for them.
 */
function isShifted(file: FileText, start: number, oldText: string, newText: string): boolean {
  if (!/^[ \t]/.test(oldText) || !(oldText + newText).includes('\n')) return false;
  const before = file.text.slice(file.startOf(file.lineAt(start)), start);
  return before !== '' && before.trim() === '';
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
    candidates.push(...looseCandidates(path, file, meant).map((each) => guarded(each, written, meant)));
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

function guarded(candidate: Candidate, written: Wording, meant: Wording): Candidate {
  if (!meant.rungs.includes('escapes')) return candidate;
  const write = () => {
    if (mayBeWithinString(written, meant))
      throw new EditRefusal('some of its escapes may belong to strings of the file');
    return candidate.write();
  };
  return { ...candidate, write };
}
