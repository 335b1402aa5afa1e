import type { Hunk } from '../change.ts';
import { EditRefusal } from '../refusal.ts';
import { HunkLines } from './hunk-lines.ts';
import { requirePath } from './patch-path.ts';

const range = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/;
const ignored = /^(?:diff --git |index [0-9a-f]+\.\.[0-9a-f]+|$)/;
const unsupported =
  /^(?:rename |copy |new file mode|deleted file mode|old mode|new mode|Binary files|GIT binary patch|similarity )/;

/**
 * The hunks of a unified diff of one file, as `diff -u` and `git diff` write it. Line numbers and counts decide nothing: models
 * count badly, and the file may have moved on. @throws {EditRefusal}
 */
export function parseUnifiedDiff(path: string, lines: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let body: HunkLines | null = null;
  let counts = { first: 0, old: 0, new: 0 };
  let last = 0;
  const close = () => {
    const isOrdered = counts.first > last;
    if (body && !body.isEmpty)
      hunks.push(body.hunk(hunks.length + 1, { anchors: [], atEnd: false, isOrdered }));
    if (body) last = counts.first;
    body = null;
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const isFull = !body || (body.oldCount >= counts.old && body.newCount >= counts.new);
    if (isHeader(lines, index) && isFull) {
      close();
      requireOneFile(path, line, lines[index + 1] ?? '');
      index += 1;
    } else if (line.startsWith('@@')) {
      close();
      body = new HunkLines();
      counts = countsOf(line);
    } else if (body && isFull && /^diff --git /.test(line)) close();
    else if (body) {
      if (!body.add(line)) throw misplaced(index, line);
    } else if (unsupported.test(line))
      throw new EditRefusal(
        'The patch creates, deletes, renames or changes the mode of a file. Nothing was changed. Use write_file or run_terminal_command for that.',
      );
    else if (!ignored.test(line)) throw misplaced(index, line);
  }
  close();
  return hunks;
}

/** `--- a` and `+++ b`, which a hunk could also have as a removed and an added line. */
function isHeader(lines: readonly string[], index: number): boolean {
  return (lines[index] ?? '').startsWith('--- ') && (lines[index + 1] ?? '').startsWith('+++ ');
}

function requireOneFile(path: string, before: string, after: string): void {
  const [from, to] = [before, after].map((line) => (line.slice(4).split('\t')[0] ?? '').trim()) as [
    string,
    string,
  ];
  if (from === '/dev/null')
    throw new EditRefusal('The patch creates a file. Nothing was changed. Use write_file for that.');
  if (to === '/dev/null')
    throw new EditRefusal(
      'The patch deletes the file. Nothing was changed. Use run_terminal_command for that.',
    );
  const isGit = from.startsWith('a/') && to.startsWith('b/') && from.slice(2) === to.slice(2);
  if (isGit && isNamed(path, from.slice(2))) return;
  if (from !== to && !isGit && isNamed(path, to) && from.replace(/\.orig$/, '') === to) return;
  requirePath(path, isGit ? from.slice(2) : to);
  if (from !== to && !isGit) requirePath(path, from);
}

function isNamed(path: string, named: string): boolean {
  try {
    requirePath(path, named);
    return true;
  } catch (cause) {
    if (cause instanceof EditRefusal) return false;
    throw cause;
  }
}

function countsOf(line: string): { first: number; old: number; new: number } {
  const found = range.exec(line);
  if (!found) return { first: 0, old: 0, new: 0 };
  const [, first, old = '1', added = '1'] = found;
  return { first: Number(first), old: Number(old), new: Number(added) };
}

function misplaced(index: number, line: string): EditRefusal {
  const shown = JSON.stringify(line.slice(0, 120));
  return new EditRefusal(
    `Line ${index + 1} of the patch, ${shown}, is none of a unified diff: each line of a hunk begins with a space, "+" or "-". Nothing was changed.`,
  );
}
