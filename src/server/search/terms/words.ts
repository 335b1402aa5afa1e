import { stem } from './porter.ts';

const pieces = /[\p{L}\p{N}]+/gu;
/** `HTTPServer2Config` → HTTP Server 2 Config. */
const parts = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{N}+|\p{L}+/gu;
/** Longer words are hashes and encoded data. */
const longestWord = 40;
/** Stems that are kept; a code base has far fewer words. */
const mostStems = 50_000;

const stems = new Map<string, string>();

/** The parts of an identifier or of words, in lower case, in order: `parseHTTPHeader_v2` → parse http header v 2. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [piece] of text.matchAll(pieces))
    for (const [word] of piece.matchAll(parts))
      if (word.length <= longestWord) words.push(word.toLowerCase());
  return words;
}

/** The identifiers in a text that have more than one part, each in lower case and without separators: `parsehttpheader`. */
export function joinedNamesOf(text: string): string[] {
  const names: string[] = [];
  for (const [name] of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
    if (name.length > longestWord || !/\p{Ll}\p{Lu}|[\p{L}\p{N}]_[\p{L}\p{N}]|\p{Lu}{2}\p{Ll}/u.test(name))
      continue;
    names.push(name.replaceAll(/[_$]/g, '').toLowerCase());
  }
  return names;
}

export function stemOf(word: string): string {
  let known = stems.get(word);
  if (known === undefined) {
    if (stems.size >= mostStems) stems.clear();
    known = stem(word);
    stems.set(word, known);
  }
  return known;
}
