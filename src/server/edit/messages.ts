import { closestPlaces, lineOf, linesAround } from './closest-places.ts';
import type { Wording } from './ladder/wording.ts';
import { EditRefusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

const mostLines = 20;

/** The text does not stand there, not even nearly. */
export function notFound(wanted: Wanted, { oldText }: Wording, newTextAt?: number): EditRefusal {
  const { name, subject, path, file } = wanted;
  const hint =
    newTextAt === undefined
      ? ''
      : `Its new text already stands at line ${lineOf(file, newTextAt)}: if it is already applied, leave it out.`;
  const head = `${name}: ${subject} does not stand in ${path}. Nothing was changed.`;
  return new EditRefusal([head, hint, closest(wanted, oldText)].filter((part) => part !== '').join(' '));
}

/** It stands there more than once. */
export function notUnique({ name, subject, path, file }: Wanted, places: readonly number[]): EditRefusal {
  const lines = places.slice(0, mostLines).map((at) => lineOf(file, at));
  const isAll = places.length < mostLines;
  const where = isAll ? lines.join(', ') : `${lines.join(', ')} and more`;
  const count = isAll ? String(lines.length) : `at least ${mostLines}`;
  const excerpts = [...new Set(lines)].slice(0, 3).map((line) => linesAround(file, line));
  return new EditRefusal(
    `${name}: ${subject} stands ${count} times in ${path}, at lines ${where}. Nothing was changed. Add lines around it until it stands only once. With the lines around:\n\n${excerpts.join('\n\n')}`,
  );
}

/** The new text is there; the old one is not, or is a part of it. */
export function alreadyApplied({ name, path, file }: Wanted, at: number): EditRefusal {
  return new EditRefusal(
    `${name} is already applied: its new text stands in ${path} at line ${lineOf(file, at)}. Nothing was changed. Leave this edit out; if the text is wanted once more, quote the lines around the place too.`,
  );
}

/** It stands there as a part of a longer word. */
export function withinWord(wanted: Wanted, at: number, oldText: string): EditRefusal {
  const { name, subject, path, file } = wanted;
  return new EditRefusal(
    `${name}: ${subject} stands in ${path} at line ${lineOf(file, at)}, but only up to the middle of a word: these may not be the lines that you know. Nothing was changed. ${closest(wanted, oldText)}`,
  );
}

/** It nearly stands there, but where, or what is to be written, is not certain. */
export function unsure(
  wanted: Wanted,
  { oldText }: Wording,
  lines: readonly number[],
  reason: string,
): EditRefusal {
  const { name, subject, path } = wanted;
  const known = [...new Set(lines)].slice(0, mostLines);
  const where =
    known.length > 1 ? `nearly stands at lines ${known.join(', ')}` : `nearly stands at line ${known[0]}`;
  const why = reason === '' ? '' : `, but ${reason}`;
  const head = `${name}: ${subject} does not stand in ${path} exactly; it ${where}${why}. Nothing was changed.`;
  return new EditRefusal(`${head} ${closest(wanted, oldText)}`);
}

function closest({ file }: Wanted, oldText: string): string {
  const { excerpts, difference } = closestPlaces(file, oldText);
  if (!excerpts.length) return 'Nothing in the file is similar. Read it again before the next edit.';
  const shown = `The closest places, with their line numbers:\n\n${excerpts.join('\n\n')}`;
  return `${shown}\n\n${difference}Copy the text exactly as it stands there, without the line numbers.`;
}
