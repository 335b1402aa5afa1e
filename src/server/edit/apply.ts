import { isHunk, type Change, type Edit, type Hunk, type Rung } from './change.ts';
import { FileText } from './file-text.ts';
import { refuseHiddenDamage } from './hidden-damage.ts';
import type { Placed } from './ladder/choose.ts';
import { locateEdit } from './ladder/locate-edit.ts';
import { locateHunks } from './locate-hunks.ts';
import { EditRefusal } from './refusal.ts';

export type { Change, Edit, Rung } from './change.ts';
export { EditRefusal } from './refusal.ts';

interface Applied {
  text: string;
  /** How each change was found, in the order of the changes. */
  rungs: Rung[];
}

/**
 * Applies all changes or none, each at the one place at which it can be meant. Every one refers to the text as it was before
 * the call, so the order of edits does not matter. From the second rung of the ladder on, only lines that differ between
 * old and new text are written; all others keep their own characters, line ends and byte order mark.
 * @throws {EditRefusal}
 */
export function applyChanges(path: string, before: string, changes: readonly Change[]): Applied {
  const file = new FileText(before);
  const places = placesOf(path, file, changes);
  refuseHiddenDamage(file, places, changes.every(isHunk) ? 'Hunk' : 'Edit');
  const spans = places.map((place, index) => ({ ...place, number: index + 1 }));
  spans.sort((left, right) => left.start - right.start || left.number - right.number);
  shareContext(file, spans);
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, newText } of spans) {
    pieces.push(file.slice(at, start), newText);
    at = end;
  }
  const text = file.bom + pieces.join('') + file.slice(at, file.text.length);
  if (text === before) throw new EditRefusal(`Nothing would change in ${path}. Nothing was written.`);
  return { text, rungs: places.map(({ rung }) => rung) };
}

/** The text after `edits`; see `applyChanges`. @throws {EditRefusal} */
export function applyEdits(path: string, before: string, edits: readonly Edit[]): string {
  return applyChanges(path, before, edits).text;
}

function placesOf(path: string, file: FileText, changes: readonly Change[]): Placed[] {
  if (changes.every(isHunk)) return locateHunks(path, file, changes as Hunk[]);
  return (changes as Edit[]).map((edit, index) => {
    const wanted = { path, file, name: `Edit ${index + 1}`, subject: 'oldText' };
    try {
      return locateEdit(wanted, edit);
    } catch (cause) {
      throw cause instanceof EditRefusal ? withSequenceHint(cause, changes as Edit[], index) : cause;
    }
  });
}

/** A model that thinks of its edits one after the other looks for text that an earlier one brings. */
function withSequenceHint(refusal: EditRefusal, edits: readonly Edit[], index: number): EditRefusal {
  const wanted = edits[index]?.oldText ?? '';
  const source = edits.findIndex(
    (edit, at) => at !== index && wanted !== '' && edit.newText.includes(wanted),
  );
  if (source < 0 || !refusal.message.includes('does not stand')) return refusal;
  return new EditRefusal(
    `${refusal.message}\n\nIt stands in newText of edit ${source + 1}: every oldText refers to the file as it was before the call. Join the two edits into one.`,
  );
}

type Span = Placed & { number: number };

/** Context that the end of one hunk and the start of the next share is written once. @throws {EditRefusal} for all else that overlaps */
function shareContext(file: FileText, spans: readonly Span[]): void {
  for (const [index, span] of spans.entries()) {
    const previous = spans[index - 1];
    if (!previous || span.start >= previous.end) continue;
    const shared = file.slice(span.start, previous.end);
    if (!isContextOfBoth(file, previous, span) || !previous.newText.endsWith(shared))
      throw new EditRefusal(
        `Edits ${Math.min(previous.number, span.number)} and ${Math.max(previous.number, span.number)} overlap. Nothing was changed. Join them into one edit.`,
      );
    previous.newText = previous.newText.slice(0, -shared.length);
    previous.end = span.start;
  }
}

function isContextOfBoth(file: FileText, previous: Span, next: Span): boolean {
  if (!previous.changed || !next.changed || previous.number > next.number) return false;
  return next.start >= file.startOf(previous.changed.to) && file.startOf(next.changed.from) >= previous.end;
}
