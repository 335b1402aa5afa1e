import type { Hunk } from '../change.ts';
import { EditRefusal } from '../refusal.ts';
import { requirePath } from './patch-path.ts';

const opening = /^<{5,9} ?SEARCH>?\s*$/;
const divider = /^={5,9}\s*$/;
const closing = /^>{5,9} ?REPLACE\s*$/;
const fence = /^`{3,}[\w+-]*\s*$/;

/** Blocks of search and replace, as Aider and Cline ask models for. They are whole lines. @throws {EditRefusal} */
export function parseBlocks(path: string, lines: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let part: 'between' | 'search' | 'replace' = 'between';
  let [oldLines, newLines]: [string[], string[]] = [[], []];
  for (const [index, line] of lines.entries()) {
    if (part === 'between') {
      if (opening.test(line)) [part, oldLines, newLines] = ['search', [], []];
      else if (line.trim() !== '' && !fence.test(line)) requirePath(path, line.trim());
    } else if (part === 'search') {
      if (divider.test(line)) part = 'replace';
      else if (opening.test(line) || closing.test(line)) throw unclear(index, line);
      else oldLines.push(line);
    } else if (closing.test(line)) {
      part = 'between';
      hunks.push({ oldLines, newLines, isOrdered: false, anchors: [], atEnd: false });
    } else if (divider.test(line) || opening.test(line)) throw unclear(index, line);
    else newLines.push(line);
  }
  if (part !== 'between')
    throw new EditRefusal(
      'The last search and replace block is not closed with ">>>>>>> REPLACE". Nothing was changed.',
    );
  return hunks;
}

function unclear(index: number, line: string): EditRefusal {
  return new EditRefusal(
    `Line ${index + 1} of the patch, ${JSON.stringify(line.slice(0, 120))}, may be of a block or of the file. Nothing was changed. Use edits instead.`,
  );
}
