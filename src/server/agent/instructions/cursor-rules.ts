import { posix } from 'node:path';
import type { FileEntry, Sandbox } from '#server/sandbox/sandbox.ts';
import { decodeText, fileHash } from '../tools/text-file.ts';
import { readFrontMatter } from './front-matter.ts';
import { isOwnFolder, shownRules, type RulesFile } from './rules-file.ts';

export const cursorFolder = '.cursor/rules';
const maxRules = 50;
const maxRuleBytes = 100_000;
const maxGlobs = 40;
const maxGlobCharacters = 200;

/** One of Cursor's rules (cursor.com/docs/context/rules). One without patterns that does not always apply is a file like any other. */
export interface CursorRule {
  path: string;
  alwaysApplies: boolean;
  /** Patterns of the files that it is meant for. */
  globs: readonly string[];
  body: string;
  hash: string;
}

/** Its files, in the order of their names; links are not followed. */
export async function listCursorRules(files: Sandbox['files']): Promise<FileEntry[]> {
  if (!(await isOwnFolder(files, cursorFolder))) return [];
  const listed = await files.list(cursorFolder, { maxEntries: 500 });
  return listed
    .filter(({ path, type, size }) => type === 'file' && /\.mdc?$/.test(path) && size <= maxRuleBytes)
    .sort((one, other) => (one.path < other.path ? -1 : 1))
    .slice(0, maxRules);
}

export async function readCursorRule(files: Sandbox['files'], path: string): Promise<CursorRule | null> {
  const bytes = await files.read(path, { maxBytes: maxRuleBytes });
  const head = readFrontMatter(quoted(decodeText(bytes) ?? ''));
  const body = head?.body.trim();
  if (!head || !body) return null;
  return {
    path,
    alwaysApplies: head.fields.get('alwaysApply') === true,
    globs: readGlobs(head.fields.get('globs')),
    body,
    hash: fileHash(bytes),
  };
}

/** What a model reads of the rules that are meant for a file. */
export function rulesForFile(rules: readonly CursorRule[], file: string, maxCharacters: number): RulesFile[] {
  return rules
    .filter(({ alwaysApplies, globs }) => !alwaysApplies && globs.some((glob) => isMeant(file, glob)))
    .map(({ path, body, hash }) => ({ path, text: shownRules(path, body, maxCharacters), hash }));
}

/** Cursor writes patterns bare, and a star begins an alias in YAML. */
function quoted(text: string): string {
  return text.replace(
    /^(globs:[ \t]*)([^\s"'[\r\n][^\r\n]*?)([ \t]*\r?)$/m,
    (_line, key: string, value: string, end: string) => key + JSON.stringify(value) + end,
  );
}

/** A list, or a line of patterns with commas between them; commas inside of braces belong to a pattern. */
function readGlobs(given: unknown): string[] {
  const all = typeof given === 'string' ? given.split(/,(?![^{}]*\})/) : Array.isArray(given) ? given : [];
  return all
    .flatMap((each: unknown) => (typeof each === 'string' ? [each.trim()] : []))
    .filter((glob) => glob !== '' && glob.length <= maxGlobCharacters && isSimple(glob))
    .slice(0, maxGlobs);
}

/** Whoever wrote the workspace wrote it: groups, ranges and heaps of stars can keep a matcher busy for hours. */
function isSimple(glob: string): boolean {
  const braces = glob.split('{').length - 1;
  const hasFewStars = glob.split('/').every((part) => part === '**' || part.split('*').length <= 4);
  return !/[()]|\.\./.test(glob) && braces <= 2 && hasFewStars && glob.split('**').length <= 5;
}

/** A pattern without a folder is of a name, at any depth. */
function isMeant(file: string, glob: string): boolean {
  const pattern = glob.replace(/^\.?\//, '');
  const isName = !pattern.includes('/');
  return posix.matchesGlob(isName ? posix.basename(file) : file, pattern);
}
