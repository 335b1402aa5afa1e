import type { Hunk } from '../change.ts';
import { EditRefusal } from '../refusal.ts';
import { HunkLines } from './hunk-lines.ts';
import { requirePath } from './patch-path.ts';

const others: [RegExp, string][] = [
  [/^\*\*\* Add File: /, 'It adds a file: use write_file for that.'],
  [/^\*\*\* Delete File: /, 'It deletes a file: use run_terminal_command for that.'],
  [/^\*\*\* Move to: /, 'It moves a file: use run_terminal_command for that.'],
];

/** The hunks of a V4A patch (`apply_patch` of OpenAI's models), also without its frame. @throws {EditRefusal} */
export function parseV4a(path: string, lines: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let anchors: string[] = [];
  let body: HunkLines | null = null;
  let isEnded = false;
  const close = (atEnd = false) => {
    if (body && !body.isEmpty) hunks.push(body.hunk(hunks.length + 1, { anchors, atEnd, isOrdered: false }));
    else if (atEnd)
      throw new EditRefusal('"*** End of File" needs lines of a hunk before it. Nothing was changed.');
    if (body && !body.isEmpty) anchors = [];
    body = null;
  };
  for (const [index, line] of lines.entries()) {
    for (const [pattern, advice] of others)
      if (pattern.test(line))
        throw new EditRefusal(`This patch cannot be applied as a whole. ${advice} Nothing was changed.`);
    if (isEnded && line.trim() !== '') throw misplaced(index, line);
    if (line === '*** Begin Patch' && index === 0) continue;
    if (/^\*\*\* End Patch\s*$/.test(line)) {
      close();
      isEnded = true;
    } else if (/^\*\*\* End of File\s*$/.test(line)) close(true);
    else if (line.startsWith('*** Update File: ')) {
      close();
      requirePath(path, line.slice('*** Update File: '.length));
    } else if (line.startsWith('@@')) {
      close();
      anchors = [...anchors, ...anchorOf(line)];
      body = new HunkLines();
    } else if (!isEnded && !(body ??= new HunkLines()).add(line)) throw misplaced(index, line);
  }
  close();
  if (anchors.length)
    throw new EditRefusal(
      `The patch ends after "@@ ${anchors.at(-1)?.slice(0, 200)}" without a hunk. Nothing was changed.`,
    );
  return hunks;
}

/** Nothing, the line numbers of a unified diff, or a line of the file above the hunk. */
function anchorOf(line: string): string[] {
  const words = line
    .slice(2)
    .replace(/^ ?-\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*$/, '')
    .replace(/ @@\s*$/, '');
  return words.trim() === '' ? [] : [words.startsWith(' ') ? words.slice(1) : words];
}

function misplaced(index: number, line: string): EditRefusal {
  const shown = JSON.stringify(line.slice(0, 120));
  return new EditRefusal(
    `Line ${index + 1} of the patch, ${shown}, is none of a V4A patch: each line of a hunk begins with a space, "+" or "-". Nothing was changed.`,
  );
}
