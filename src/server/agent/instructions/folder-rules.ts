import { posix } from 'node:path';
import type { FolderRules, Message } from '#protocol/message.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { workspacePath } from '../tools/text-file.ts';
import { listCursorRules, readCursorRule, rulesForFile, type CursorRule } from './cursor-rules.ts';
import { readRulesFile } from './rules-file.ts';

/** In a folder below the root, the first that is there. */
const names = ['AGENTS.md', 'CLAUDE.md'];
const maxCharacters = 8_000;
const maxDepth = 20;

export interface Touched {
  /** Whose runs ask; a folder is looked at once in each. */
  runId: string;
  /** As the call wrote it. */
  path: string;
  /** What the conversation holds since its beginning was last replaced by a text. */
  shown: () => readonly Message[];
}

/**
 * The rules of subfolders, given when the agent first works there: with the result of the call, so that the system prompt
 * keeps its bytes. Each version of a file is given once in a conversation, and again when what came before is not shown
 * any more. Cursor's rules for a pattern of files come the same way. Files of the workspace say how to work on them and change no permission; links are not followed.
 */
export class FolderRulesReader {
  #runId = '';
  #folders = new Map<string, Promise<Look>>();
  #cursorRules: Promise<CursorRule[]> | null = null;
  /** Of Cursor's rules, what this run was given. */
  #given = new Set<string>();

  /** Of the folders above a file, from the outermost in; those of the root are in the system prompt. */
  async of({ files, workdir }: Pick<Sandbox, 'files' | 'workdir'>, touched: Touched): Promise<FolderRules[]> {
    if (touched.runId !== this.#runId) this.#begin(touched.runId);
    const path = workspacePath({ workdir }, touched.path);
    // All at once, as a sandbox may be far away; and before anything is waited for: of calls that run at the same time
    // one gives the rules.
    const looks = foldersAbove(path).map((folder) => {
      const known = this.#folders.get(folder);
      if (known) return { look: known, isFirst: false };
      const look = lookAt(files, folder);
      this.#folders.set(folder, look);
      return { look, isFirst: true };
    });
    const found: FolderRules[] = [];
    for (const { look, isFirst } of looks) {
      const { isOwn, rules } = await look;
      if (!isOwn) break;
      // Who reads or writes the rules themselves has them.
      if (isFirst && rules && rules.path !== path && !wasGiven(touched.shown(), rules)) found.push(rules);
    }
    return [...found, ...(await this.#ofPatterns(files, path, touched))];
  }

  #begin(runId: string): void {
    this.#runId = runId;
    this.#folders = new Map();
    this.#cursorRules = null;
    this.#given = new Set();
  }

  async #ofPatterns(files: Sandbox['files'], path: string, { shown }: Touched): Promise<FolderRules[]> {
    if (path.startsWith('/') || path.startsWith('../')) return [];
    this.#cursorRules ??= readCursorRules(files);
    const rules = rulesForFile(await this.#cursorRules, path, maxCharacters);
    return rules.filter((each) => {
      const isFirst = !this.#given.has(each.path);
      this.#given.add(each.path);
      return isFirst && each.path !== path && !wasGiven(shown(), each);
    });
  }
}

async function readCursorRules(files: Sandbox['files']): Promise<CursorRule[]> {
  const listed = await listCursorRules(files);
  const rules = await Promise.all(listed.map((entry) => readCursorRule(files, entry.path)));
  return rules.filter((rule) => rule !== null);
}

interface Look {
  /** It is no link: what is behind one is not of this project. */
  isOwn: boolean;
  rules: FolderRules | null;
}

async function lookAt(files: Sandbox['files'], folder: string): Promise<Look> {
  const [stat, ...all] = await Promise.all([
    files.stat(folder),
    ...names.map((name) => readRulesFile(files, posix.join(folder, name), maxCharacters)),
  ]);
  return { isOwn: stat?.type === 'directory', rules: all.find((rules) => rules !== null) ?? null };
}

function foldersAbove(path: string): string[] {
  if (path.startsWith('/') || path.startsWith('../')) return [];
  const parts = path.split('/').slice(0, -1).slice(0, maxDepth);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/')).filter((folder) => folder !== '.');
}

function wasGiven(shown: readonly Message[], { path, hash }: FolderRules): boolean {
  const given = shown
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool-result' ? (part.rules ?? []) : [])))
    .findLast((rules) => rules.path === path);
  return given?.hash === hash;
}
