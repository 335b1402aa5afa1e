import { diffLines, diffLinesFromEnd, type LineHunk } from './diff-lines.ts';
import type { FileText } from './file-text.ts';
import { EditRefusal } from './refusal.ts';

interface Replacement {
  start: number;
  end: number;
  newText: string;
  /** Which lines stay, where that is said. */
  script?: readonly LineHunk[] | undefined;
}

/**
 * The new text with the line ends of the lines that it keeps or replaces. In a file with several kinds of them it is refused
 * where equal lines with different ends leave open which of them stays.
 * @throws {EditRefusal}
 */
export function withLineEnds(file: FileText, { start, end, newText, script }: Replacement): string {
  if (!newText.includes('\n')) return newText;
  const first = file.lineAt(start);
  if (file.kindsOfEnds <= 1) return newText.replaceAll('\n', file.endNear(first));
  const oldLines = file.text.slice(start, end).split('\n');
  const newLines = newText.split('\n');
  const same = (left: number, right: number) => oldLines[left] === newLines[right];
  const results = [diffLines, diffLinesFromEnd].map((diff) => {
    const hunks = script ?? diff(oldLines.length, newLines.length, same);
    if (!hunks) throw unclear('it changes too many lines of a file with several kinds of line ends');
    return joined(file, newLines, first, hunks);
  });
  if (results[0] !== results[1])
    throw unclear('it is not clear which of several equal lines, with different line ends, stay');
  return results[0] ?? newText;
}

function unclear(reason: string): EditRefusal {
  return new EditRefusal(
    `An edit stands there exactly, but ${reason}. Nothing was changed. Give smaller edits, each with the lines around it.`,
  );
}

function joined(
  file: FileText,
  newLines: readonly string[],
  first: number,
  hunks: readonly LineHunk[],
): string {
  const ends = newLines.map(() => '');
  let [left, right] = [0, 0];
  const keepUntil = (until: number) => {
    while (right < until) ends[right++] = file.endNear(first + left++);
  };
  for (const hunk of hunks) {
    keepUntil(hunk.newStart);
    for (; right < hunk.newEnd; right += 1)
      ends[right] = file.endNear(
        first + Math.max(0, Math.min(hunk.oldStart + right - hunk.newStart, hunk.oldEnd - 1)),
      );
    left = hunk.oldEnd;
  }
  keepUntil(newLines.length);
  return newLines.map((line, index) => (index < newLines.length - 1 ? line + ends[index] : line)).join('');
}
