import type { Change } from '../change.ts';
import { EditRefusal } from '../refusal.ts';
import { parseBlocks } from './search-replace.ts';
import { parseUnifiedDiff } from './unified-diff.ts';
import { parseV4a } from './v4a.ts';

/**
 * The changes that a patch for one file means: a V4A patch (`*** Begin Patch`), a unified diff (`@@ -1,3 +1,4 @@`), or blocks of
 * search and replace (`<<<<<<< SEARCH`). Read to the letter: what is not of the format is refused, never skipped.
 * @param path the file of the call; a patch for another file is refused
 * @throws {EditRefusal}
 */
export function parsePatch(path: string, patch: string): Change[] {
  const lines = unwrapped(patch.replaceAll('\r\n', '\n').split('\n'));
  const changes = changesIn(path, lines);
  if (!changes.length) throw new EditRefusal('The patch has no hunk. Nothing was changed.');
  return changes;
}

function changesIn(path: string, lines: string[]): Change[] {
  if (lines.some((line) => /^\*\*\* (?:Begin Patch|(?:Update|Add|Delete) File: )/.test(line)))
    return parseV4a(path, lines);
  if (lines.some((line) => /^<{5,9} ?SEARCH/.test(line))) return parseBlocks(path, lines);
  const isUnified =
    lines.some((line) => /^@@ -\d/.test(line)) || /^(?:--- |diff --git )/.test(lines[0] ?? '');
  if (isUnified) return parseUnifiedDiff(path, lines);
  if (lines.some((line) => line.startsWith('@@'))) return parseV4a(path, lines);
  throw new EditRefusal(
    'patch is neither a V4A patch ("*** Begin Patch"), nor a unified diff ("@@ -1,3 +1,4 @@"), nor search and replace blocks. Nothing was changed. For exact replacements use edits, for a whole file write_file.',
  );
}

/** Without what models put around a patch: a fence of Markdown, or the shell command that Codex knows. */
function unwrapped(lines: string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  const inner = lines.slice(Math.max(first, 0), last + 1);
  const [head = '', tail = ''] = [inner[0], inner.at(-1)];
  if (inner.length > 2 && /^`{3,}[\w-]*\s*$/.test(head) && /^`{3,}\s*$/.test(tail))
    return unwrapped(inner.slice(1, -1));
  const [, word] = /^(?:apply_patch )?<<\s*['"]?(\w+)['"]?$/.exec(head) ?? [];
  if (word !== undefined && tail === word) return unwrapped(inner.slice(1, -1));
  // The blank lines before the first line are gone; a last blank line may be a line of context.
  return lines.slice(Math.max(first, 0), lines.at(-1) === '' ? -1 : undefined);
}
