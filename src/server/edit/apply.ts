import { closestPlaces, lineOf } from './closest-places.ts';

/** One exact replacement: `oldText` must stand in the file exactly once. */
export interface Edit {
  oldText: string;
  newText: string;
}

/** An edit that cannot be applied. The message is for the model: what is wrong, where the text nearly stands. */
export class EditRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EditRefusal';
  }
}

interface Span {
  start: number;
  end: number;
  newText: string;
  number: number;
}

/**
 * Applies all edits or none. Every `oldText` is looked up in the text as it was before the call, so the order of the
 * edits does not matter. A file with CRLF line ends and a byte order mark keeps both.
 * @throws {EditRefusal}
 */
export function applyEdits(path: string, before: string, edits: readonly Edit[]): string {
  const bom = before.startsWith('\uFEFF') ? '\uFEFF' : '';
  const crlf = usesCrlf(before);
  const text = normalise(before.slice(bom.length), crlf);
  const spans = edits.map((edit, index) => locate(path, text, edit, { crlf, number: index + 1 }));
  spans.sort((left, right) => left.start - right.start);
  refuseOverlaps(spans);
  const after = replaceAll(text, spans);
  return bom + (crlf ? after.replaceAll('\n', '\r\n') : after);
}

function locate(path: string, text: string, edit: Edit, form: { crlf: boolean; number: number }): Span {
  const oldText = normalise(edit.oldText, form.crlf);
  const newText = normalise(edit.newText, form.crlf);
  const name = `Edit ${form.number}`;
  if (oldText === '')
    throw new EditRefusal(`${name}: oldText is empty. Give the text to replace, or use write_file.`);
  if (oldText === newText) throw new EditRefusal(`${name}: oldText and newText are the same.`);
  const start = text.indexOf(oldText);
  if (start < 0) throw new EditRefusal(notFound(name, path, text, oldText));
  const lines = everyLine(text, oldText);
  if (lines.length > 1) throw new EditRefusal(notUnique(name, path, lines));
  return { start, end: start + oldText.length, newText, number: form.number };
}

function everyLine(text: string, wanted: string): number[] {
  const lines: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0 && lines.length < 20; at = text.indexOf(wanted, at + 1))
    lines.push(lineOf(text, at));
  return lines;
}

function notFound(name: string, path: string, text: string, oldText: string): string {
  const places = closestPlaces(text, oldText);
  const shown = places.length
    ? `The closest places, with their line numbers:\n\n${places.join('\n\n')}\n\nCopy the text exactly as it stands there.`
    : 'Nothing in the file is similar. Read it again before the next edit.';
  return `${name}: oldText does not stand in ${path}. Nothing was changed. ${shown}`;
}

function notUnique(name: string, path: string, lines: number[]): string {
  const where = lines.length < 20 ? lines.join(', ') : `${lines.join(', ')} and more`;
  return `${name}: oldText stands ${lines.length < 20 ? lines.length : 'at least 20'} times in ${path}, at lines ${where}. Nothing was changed. Add lines around it until it stands only once.`;
}

function refuseOverlaps(spans: Span[]): void {
  spans.forEach((span, index) => {
    const previous = spans[index - 1];
    if (previous && span.start < previous.end)
      throw new EditRefusal(
        `Edits ${previous.number} and ${span.number} overlap. Nothing was changed. Join them into one edit.`,
      );
  });
}

function replaceAll(text: string, spans: Span[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const span of spans) {
    pieces.push(text.slice(at, span.start), span.newText);
    at = span.end;
  }
  return pieces.join('') + text.slice(at);
}

/** Only a file whose every line ends in CRLF is edited as one; a mixed file is taken byte for byte. */
function usesCrlf(text: string): boolean {
  return text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
}

function normalise(text: string, crlf: boolean): string {
  return crlf ? text.replaceAll('\r\n', '\n') : text;
}
