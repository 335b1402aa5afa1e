import type { FileEntry, Sandbox } from '#server/sandbox/sandbox.ts';
import { cursorFolder, listCursorRules, readCursorRule } from './cursor-rules.ts';
import { readRulesFile, shownRules } from './rules-file.ts';

/** What the workspace said about how to work on it when that was last read. */
export interface Instructions {
  /** For the prompt: where it stands. */
  path: string;
  text: string;
  /** Sizes and times of the files: read again only when they change. */
  version: string;
}

/**
 * The first of these that is there counts, and no other: projects that keep several of them say the same in each. `AGENTS.md`
 * is the common one (agents.md); the others are those of Claude Code, GitHub Copilot and Cursor's older form.
 */
const rootFiles = ['AGENTS.md', 'CLAUDE.md', '.github/copilot-instructions.md', '.cursorrules'];
const maxCharacters = 16_000;

/**
 * Read again only when the files changed, so that the system prompt keeps its bytes.
 * @param mayHave whether there can be a file or folder at a path
 */
export async function readInstructions(
  { files }: Pick<Sandbox, 'files'>,
  known: Instructions | null,
  mayHave: (path: string) => boolean = () => true,
): Promise<Instructions | null> {
  for (const path of rootFiles.filter(mayHave)) {
    const stat = await files.stat(path);
    if (stat?.type !== 'file') continue;
    const version = versionOf([stat]);
    if (known?.version === version) return known;
    const rules = await readRulesFile(files, path, maxCharacters);
    if (rules) return { path, text: rules.text, version };
  }
  return mayHave(cursorFolder) ? readCursorRules(files, known) : null;
}

/** Those that apply always; others come with the files that they are meant for (`folder-rules.ts`). */
async function readCursorRules(
  files: Sandbox['files'],
  known: Instructions | null,
): Promise<Instructions | null> {
  const listed = await listCursorRules(files);
  if (!listed.length) return null;
  const version = versionOf(listed);
  if (known?.version === version) return known;
  const rules = await Promise.all(listed.map(({ path }) => readCursorRule(files, path)));
  const text = rules.flatMap((rule) => (rule?.alwaysApplies ? [rule.body] : [])).join('\n\n');
  return text ? { path: cursorFolder, text: shownRules(cursorFolder, text, maxCharacters), version } : null;
}

function versionOf(entries: readonly FileEntry[]): string {
  return entries.map(({ path, size, modifiedMs }) => `${path} ${size} ${modifiedMs}`).join('\n');
}
