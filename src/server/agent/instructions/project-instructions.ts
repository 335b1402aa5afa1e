import type { FileEntry, Sandbox } from '#server/sandbox/sandbox.ts';
import { decodeText } from '../tools/text-file.ts';
import { readFrontMatter } from './front-matter.ts';
import { isOwnFolder, readRulesFile, shownRules } from './rules-file.ts';

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
/** Cursor's rules, one a file; where there is none of the above. */
const cursorFolder = '.cursor/rules';
const maxCharacters = 16_000;
const maxCursorRules = 50;
const maxRuleBytes = 100_000;

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

/** Those that apply always; others are meant for files of a pattern, and are read as any other file. */
async function readCursorRules(
  files: Sandbox['files'],
  known: Instructions | null,
): Promise<Instructions | null> {
  if (!(await isOwnFolder(files, cursorFolder))) return null;
  const listed = await files.list(cursorFolder, { maxEntries: 500 });
  const rules = listed
    .filter(({ path, type, size }) => type === 'file' && /\.mdc?$/.test(path) && size <= maxRuleBytes)
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .slice(0, maxCursorRules);
  if (!rules.length) return null;
  const version = versionOf(rules);
  if (known?.version === version) return known;
  const texts = await Promise.all(rules.map(({ path }) => alwaysApplied(files, path)));
  const text = texts.filter(Boolean).join('\n\n');
  return text ? { path: cursorFolder, text: shownRules(cursorFolder, text, maxCharacters), version } : null;
}

async function alwaysApplied(files: Sandbox['files'], path: string): Promise<string> {
  const head = readFrontMatter(decodeText(await files.read(path)) ?? '');
  return head?.fields.get('alwaysApply') === true ? head.body.trim() : '';
}

function versionOf(entries: readonly FileEntry[]): string {
  return entries.map(({ path, size, modifiedMs }) => `${path} ${size} ${modifiedMs}`).join('\n');
}
