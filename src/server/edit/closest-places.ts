import type { FileText } from './file-text.ts';

/** A longer text is found by its first lines. */
const mostWanted = 40;
/** A word on more lines than this says little about where a text stands. */
const mostLines = 400;
const mostCharacters = 300;
/** Of all that was looked for, the share below which a place is not worth showing. It decides nothing else. */
const worthShowing = 0.3;
/** Places whose lines are compared one by one, and how much of a line. */
const mostCompared = 24;
const mostCompareCharacters = 2_000;
/** Characters of a line that are taken apart into words; of a longer one this many words are looked for. */
const longLine = 10_000;
const mostLongWords = 30;
/** Words that are looked for, the longest first. */
const mostWords = 24;
/** Places that words speak for; the rarest words come first. */
const mostVotes = 5_000;

/** Of each of several places of the same text. */
const [linesBefore, linesAfter] = [3, 2];

interface Closest {
  /** Lines with their numbers, best first. */
  excerpts: string[];
  /** What differs at the first of them: a sentence with a space after it, or nothing. */
  difference: string;
}

/** The number of the line, from 1, in which the character at `offset` stands. */
export function lineOf(file: FileText, offset: number): number {
  return file.lineAt(offset) + 1;
}

/** Some lines before and after one, with their numbers: what tells a place from others with the same text. */
export function linesAround(file: FileText, line: number): string {
  const from = Math.max(0, line - 1 - linesBefore);
  const lines = file.lines.slice(from, line + linesAfter);
  return lines.map((own, index) => numbered(from + index + 1, shown(own, ''))).join('\n');
}

function numbered(line: number, text: string): string {
  return `${String(line).padStart(6)}\t${text}`;
}

/**
 * Where a text that does not stand in the file nearly does: at most three places with line numbers. A failed edit that shows no
 * context makes models give up or guess again.
 */
export function closestPlaces(file: FileText, wanted: string, count = 3): Closest {
  const all = wanted.split('\n');
  const first = Math.max(
    0,
    all.findIndex((line) => line.trim() !== ''),
  );
  const wantedLines = all.slice(first, first + mostWanted);
  while (wantedLines.length > 1 && wantedLines.at(-1)?.trim() === '') wantedLines.pop();
  const compared = wantedLines.map((line) => ({ text: line.trim(), words: new Set(wordsOf(line)) }));
  const words = wordsByLine(file);
  const found = likelyStarts(file, wantedLines)
    .map((start) => ({ start, score: scoreAt(file, compared, { start, words }) }))
    .filter(({ score }) => score >= worthShowing)
    .sort((left, right) => right.score - left.score || left.start - right.start);
  const chosen: number[] = [];
  for (const { start } of found) {
    if (chosen.every((other) => Math.abs(other - start) >= wantedLines.length)) chosen.push(start);
    if (chosen.length === count) break;
  }
  const excerpts = chosen.map((start) => excerpt(file, wantedLines, start));
  return { excerpts, difference: chosen[0] === undefined ? '' : differenceAt(file, wantedLines, chosen[0]) };
}

/** Where most of the words stand on the lines on which they were looked for; the rarer a word, the more it counts. */
function likelyStarts(file: FileText, wanted: readonly string[]): number[] {
  const linesOfWord = new Map<string, number[]>();
  for (const [index, line] of wanted.entries())
    for (const word of new Set(
      line.slice(0, longLine).match(/\w{1,100}/g) ?? [line.trim().slice(0, longLine)],
    )) {
      if (word === '') continue;
      const known = linesOfWord.get(word);
      if (known) known.push(index);
      else linesOfWord.set(word, [index]);
    }
  const scores = new Map<number, number>();
  const words = [...linesOfWord].sort(([left], [right]) => right.length - left.length).slice(0, mostWords);
  const known = words
    .map(([word, offsets]) => ({ offsets, places: linesWith(file, word) }))
    .filter(({ places }) => places.length <= mostLines)
    .sort((left, right) => left.places.length - right.places.length);
  let votes = 0;
  for (const { offsets, places } of known) {
    if (votes > mostVotes) break;
    votes += places.length * offsets.length;
    const weight = 1 / (places.length + 1);
    for (const place of places)
      for (const offset of offsets) scores.set(place - offset, (scores.get(place - offset) ?? 0) + weight);
  }
  return [...scores]
    .filter(([start]) => start >= 0)
    .sort((left, right) => right[1] - left[1] || left[0] - right[0])
    .slice(0, mostCompared)
    .map(([start]) => start);
}

/** The lines in which a word stands, also within another; of a common one the first of them. */
function linesWith(file: FileText, word: string): number[] {
  const found: number[] = [];
  for (let at = file.text.indexOf(word); at >= 0 && found.length <= mostLines;) {
    const line = file.lineAt(at);
    found.push(line);
    const next = file.startOf(line + 1);
    at = next < file.text.length ? file.text.indexOf(word, next) : -1;
  }
  return found;
}

/** Places that are compared are often next to each other. */
function wordsByLine(file: FileText): (index: number) => ReadonlySet<string> {
  const known = new Map<number, ReadonlySet<string>>();
  return (index) => {
    const words = known.get(index) ?? new Set(wordsOf(file.lines[index] ?? ''));
    known.set(index, words);
    return words;
  };
}

interface Place {
  start: number;
  words: ReturnType<typeof wordsByLine>;
}

function scoreAt(file: FileText, wanted: readonly WantedLine[], { start, words }: Place): number {
  let [sum, weight] = [0, 0];
  for (const [index, line] of wanted.entries()) {
    const own = Math.max(1, line.text.length);
    weight += own;
    const at = start + index;
    sum += own * similarity(line, file.lines[at], () => words(at));
  }
  return sum / weight;
}

interface WantedLine {
  text: string;
  words: ReadonlySet<string>;
}

function similarity(
  { text, words }: WantedLine,
  line: string | undefined,
  wordsOfLine: () => ReadonlySet<string>,
): number {
  if (line === undefined) return 0;
  if (text === line.trim()) return 1;
  if (!words.size) return 0;
  if (line.length > longLine) {
    const longest = [...words].sort((left, right) => right.length - left.length).slice(0, mostLongWords);
    return longest.filter((word) => line.includes(word)).length / longest.length;
  }
  const others = wordsOfLine();
  let common = 0;
  for (const word of words) if (others.has(word)) common += 1;
  // A part of a long line counts as much as a whole one.
  return line.length > mostCharacters ? common / words.size : (2 * common) / (words.size + others.size);
}

function wordsOf(line: string): string[] {
  return line.slice(0, longLine).match(/\w{1,100}|[^\w\s]/g) ?? [];
}

function excerpt(file: FileText, wanted: readonly string[], start: number): string {
  return wanted
    .map((line, index) => ({ line, own: file.lines[start + index], number: start + index + 1 }))
    .flatMap(({ line, own, number }) => (own === undefined ? [] : [numbered(number, shown(own, line))]))
    .join('\n');
}

/** Of a long line, what is around the longest word that was looked for. */
function shown(line: string, wanted: string): string {
  if (line.length <= mostCharacters) return line;
  const words = (wanted.match(/\w{1,100}/g) ?? [])
    .slice(0, 200)
    .sort((left, right) => right.length - left.length);
  const at =
    words
      .slice(0, 5)
      .map((word) => line.indexOf(word))
      .find((index) => index >= 0) ?? 0;
  const from = Math.max(0, Math.min(at - mostCharacters / 2, line.length - mostCharacters));
  const [before, after] = [from > 0 ? '[…]' : '', from + mostCharacters < line.length ? '[…]' : ''];
  return before + line.slice(from, from + mostCharacters) + after;
}

function differenceAt(file: FileText, wanted: readonly string[], start: number): string {
  const index = wanted.findIndex((line, at) => line !== file.lines[start + at]);
  const own = file.lines[start + index];
  const line = wanted[index];
  if (index < 0 || line === undefined) return '';
  const number = start + index + 1;
  if (own === undefined) return `The file ends before line ${number}. `;
  if (line.trim() === own.trim()) return `Line ${number} differs in its whitespace. `;
  const quote = (text: string) =>
    JSON.stringify(text.slice(0, mostCompareCharacters).slice(...aroundDifference(line, own)));
  return `Line ${number} differs: the file has ${quote(own)} where you wrote ${quote(line)}. `;
}

/** The part of two lines around their first difference. */
function aroundDifference(left: string, right: string): [number, number] {
  if (Math.max(left.length, right.length) <= 120) return [0, 120];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return [Math.max(0, at - 40), at + 80];
}
