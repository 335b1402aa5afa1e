/**
 * Characters that a person cannot see and a shell or a compiler can: controls, zero-width, direction marks, tags,
 * variation selectors, odd spaces (security rules R8 and R9). Line feed and tab stay as they are.
 */
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;

export interface TextRun {
  text: string;
  /** `text` is then the name of the character, e.g. `U+202E`. */
  hidden: boolean;
}

/** The text in runs, each hidden character replaced by its code point. */
export function revealHidden(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let end = 0;
  for (const match of text.matchAll(hidden)) {
    if (match.index > end) runs.push({ text: text.slice(end, match.index), hidden: false });
    runs.push({ text: codePointName(match[0]), hidden: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), hidden: false });
  return runs;
}

export function countHidden(text: string): number {
  return text.match(hidden)?.length ?? 0;
}

/** In every text within a value, names of fields included. `inFile`: there a carriage return before a line feed only ends a line. */
export function countHiddenWithin(value: unknown, inFile = false): number {
  if (typeof value === 'string') return countHidden(inFile ? value.replaceAll('\r\n', '\n') : value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + countHidden(name) + countHiddenWithin(inner, inFile),
    0,
  );
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
