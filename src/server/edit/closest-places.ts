/** Beyond this many lines a search by similarity costs more than it helps. */
const maxLines = 20_000;
const maxWindow = 60;

/** The number of the line, from 1, in which the character at `index` stands. */
export function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/**
 * Where a text that does not stand in the file nearly does: at most `count` excerpts with line numbers, best first.
 * A failed edit that shows no context makes models give up or guess again.
 */
export function closestPlaces(text: string, wanted: string, count = 2): string[] {
  const lines = text.split('\n');
  const wantedLines = wanted.split('\n').slice(0, maxWindow);
  if (lines.length > maxLines) return [];
  const wantedWords = wantedLines.map(wordsOf);
  const lineWords = lines.map(wordsOf);
  const found = lines
    .map((_line, start) => ({ start, score: scoreAt(lineWords, wantedWords, start) }))
    .filter(({ score }) => score >= 0.4)
    .sort((left, right) => right.score - left.score);
  const chosen: number[] = [];
  for (const { start } of found) {
    if (chosen.every((other) => Math.abs(other - start) >= wantedLines.length)) chosen.push(start);
    if (chosen.length === count) break;
  }
  return chosen.map((start) => excerpt(lines, start, wantedLines.length));
}

function excerpt(lines: string[], start: number, length: number): string {
  return lines
    .slice(start, start + length)
    .map((line, index) => `${String(start + index + 1).padStart(6)}\t${line.slice(0, 500)}`)
    .join('\n');
}

function scoreAt(lines: Set<string>[], wanted: Set<string>[], start: number): number {
  let sum = 0;
  let weight = 0;
  wanted.forEach((words, index) => {
    const own = Math.max(1, words.size);
    weight += own;
    sum += own * similarity(words, lines[start + index]);
  });
  return sum / weight;
}

function similarity(left: Set<string>, right: Set<string> | undefined): number {
  if (!right) return 0;
  if (left.size === 0 && right.size === 0) return 1;
  let common = 0;
  for (const word of left) if (right.has(word)) common += 1;
  return (2 * common) / (left.size + right.size);
}

function wordsOf(line: string): Set<string> {
  return new Set(line.match(/\w+|[^\w\s]/g) ?? []);
}
