import type { Wording } from './wording.ts';

const values: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
};

/**
 * The quoted text with escapes such as `\n` and `\"` made what they stand for: some models escape an argument twice. Which of
 * them are meant follows from what then stands in the file, so several wordings are given; a new text in which they may as well
 * be part of a string of the program is given in both, and where that makes a difference nothing is written.
 */
export function withoutEscapes({ oldText, newText }: Wording): Wording[] {
  if (!oldText.includes('\\')) return [];
  const isOneLine = !oldText.includes('\n');
  const quotes = ['"', "'"].filter((each) => oldText.includes(`\\${each}`));
  const found: Wording[] = [];
  const offer = (read: (text: string) => string) => {
    const wording = {
      oldText: read(oldText),
      newText: read(newText),
      rungs: ['escapes' as const],
      unescape: read,
    };
    if (wording.oldText !== oldText) found.push(wording);
  };
  for (const quote of quotes) offer((text) => replaced(text, [quote]));
  if (quotes.length === 2) offer((text) => replaced(text, quotes));
  if (!isOneLine) return found;
  const breaks = ['n', 't'].filter((each) => oldText.includes(`\\${each}`));
  if (breaks.length) {
    // Where all quotes are escaped, they are so for the same reason.
    const isQuoted = /\\"/.test(oldText + newText) && !/(^|[^\\])"/.test(oldText + newText);
    if (!isQuoted) offer((text) => replaced(text, breaks));
    if (!isQuoted) offer((text) => replaced(text, ['n', 't']));
    offer((text) => replaced(text, ['n', 't', ...new Set([...quotes, ...(isQuoted ? ['"'] : [])])]));
  }
  offer(unescaped);
  return found;
}

/** Whether a line break or tab that was written as an escape in `newText` may belong to a string of the program. */
export function mayBeWithinString(written: Wording, meant: Wording): boolean {
  const count = (text: string, sign: string) => text.split(sign).length;
  const made = ['\n', '\t'].filter((sign) => count(meant.newText, sign) > count(written.newText, sign));
  if (!made.length) return false;
  if (made.some((sign) => written.newText.includes(sign))) return true;
  const known = new Set(meant.oldText.split('\n'));
  return meant.newText.split('\n').some((line) => !known.has(line) && mayBeString(line));
}

/** A part of the text with a written-out line break or tab stands in the file as it is: it may be that string that was meant. */
export function standsAsWritten(fileText: string, { oldText }: Wording): boolean {
  return [...oldText.matchAll(/([^\n\\]{4,12})\\[nt]/g)].some(
    ([part, before = '']) => before.trim().length >= 4 && fileText.includes(part),
  );
}

/** A character stands there as it is that would have been escaped as well. */
export function hasUnescaped(text: string, unescape: (text: string) => string): boolean {
  return ['n', 't', '"', '\\'].some((kind) => {
    const sign = values[kind] ?? '';
    return unescape(`\\${kind}`) === sign && text.includes(sign);
  });
}

function replaced(text: string, kinds: readonly string[]): string {
  return kinds.reduce((result, kind) => result.replaceAll(`\\${kind}`, values[kind] ?? kind), text);
}

/** As a string of JSON. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([nrt"'\\/])/g, (_all, sign: string) => values[sign] ?? sign);
}

/** A string is open at the end of the line, or where a tab is. */
function mayBeString(line: string): boolean {
  let open: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    if (sign === '\t' && open !== null) return true;
    if (sign === '\\') at += 1;
    else if (open === sign) open = null;
    else if (open === null && (sign === '"' || sign === "'" || sign === '`') && !isApostrophe(line, at))
      open = sign;
  }
  return open !== null;
}

/** As in "don't": after a word that is no prefix of a string of Python. */
function isApostrophe(line: string, at: number): boolean {
  const [word = ''] = /\w*$/.exec(line.slice(Math.max(0, at - 20), at)) ?? [];
  return line[at] === "'" && word !== '' && !/^[bfru]{1,2}$/i.test(word);
}
