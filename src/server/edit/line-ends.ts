import { diffLines, type LineHunk } from './diff-lines.ts';
import type { FileText } from './file-text.ts';
import { possibleDiffs } from './possible-diffs.ts';
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
  const scripts = script ? [script] : possibleDiffs(oldLines.length, newLines.length, same);
  const results = scripts.map((hunks) => {
    if (!hunks) throw unclear('it changes too many lines of a file with several kinds of line ends');
    return joined(file, { oldLines, newLines, first }, hunks);
  });
  if (results.some((each) => each !== results[0]))
    throw unclear('it is not clear which of several equal lines, with different line ends, stay');
  return results[0] ?? newText;
}

function unclear(reason: string): EditRefusal {
  return new EditRefusal(
    `An edit stands there exactly, but ${reason}. Nothing was changed. Give smaller edits, each with the lines around it.`,
  );
}

interface Lines {
  oldLines: readonly string[];
  newLines: readonly string[];
  /** The line of the file that the first old line is. */
  first: number;
}

function joined(file: FileText, { oldLines, newLines, first }: Lines, hunks: readonly LineHunk[]): string {
  const ends = newLines.map(() => '');
  let [left, right] = [0, 0];
  const keepUntil = (until: number) => {
    while (right < until) ends[right++] = file.endNear(first + left++);
  };
  for (const hunk of hunks) {
    keepUntil(hunk.newStart);
    const [replaced, added] = [
      oldLines.slice(hunk.oldStart, hunk.oldEnd),
      newLines.slice(hunk.newStart, hunk.newEnd),
    ];
    for (const counterpart of counterparts(replaced, added)) {
      // Lines that are added without another in their place end as the line before them.
      const line = counterpart === null ? first + left - 1 : first + hunk.oldStart + counterpart;
      ends[right] = (counterpart === null && ends[right - 1]) || file.endNear(Math.max(first, line));
      right += 1;
    }
    left = hunk.oldEnd;
  }
  keepUntil(newLines.length);
  return newLines.map((line, index) => (index < newLines.length - 1 ? line + ends[index] : line)).join('');
}

/**
 * For each line that replaces others the index of the one in whose place it stands, or null: one by one where there are as many,
 * else those that are the same but for the whitespace around them.
 */
export function counterparts(replaced: readonly string[], added: readonly string[]): (number | null)[] {
  if (replaced.length === added.length) return added.map((_line, index) => index);
  if (replaced.length === 1) return added.map(() => 0);
  const same = (left: number, right: number) => replaced[left]?.trim() === added[right]?.trim();
  const found: (number | null)[] = added.map(() => null);
  let [left, right] = [0, 0];
  for (const hunk of diffLines(replaced.length, added.length, same) ?? []) {
    while (right < hunk.newStart) found[right++] = left++;
    [left, right] = [hunk.oldEnd, hunk.newEnd];
  }
  while (right < added.length && left < replaced.length) found[right++] = left++;
  return found;
}
