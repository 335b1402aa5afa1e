import { matchesName, matchesPieces, namePattern, type Piece } from './glob.ts';

/** A `.gitignore` or `.ignore` of the workspace. */
export interface IgnoreFile {
  /** Relative to the workspace. */
  path: string;
  text: string;
}

/** Of all files together, and characters of one: more is no list of rules any more. */
const maxRules = 1_000;
const maxRuleCharacters = 256;

interface Rule {
  /** The folder of its file, with `/` at its end; empty: the workspace. */
  base: string;
  isNegated: boolean;
  onlyFolders: boolean;
  /** Of the path below `base`, one for each name; null: `**`. */
  names: (Piece[] | null)[];
}

/**
 * The rules of gitignore(5), read as data: nothing of the workspace runs for them, and a hostile pattern costs no more than an
 * honest one of its length. `.ignore` has the same form and counts more than a `.gitignore` beside it, as for ripgrep.
 */
export class IgnoreRules {
  readonly #rules: Rule[] = [];
  readonly #folders = new Map<string, boolean>([['', false]]);

  constructor(files: readonly IgnoreFile[]) {
    // Later rules count more: those of deeper folders, and of `.ignore`.
    const sorted = [...files].sort(
      (one, other) => depthOf(one.path) - depthOf(other.path) || (one.path < other.path ? -1 : 1),
    );
    for (const { path, text } of sorted) {
      const base = path.slice(0, path.lastIndexOf('/') + 1);
      for (const line of text.split('\n')) {
        const rule = this.#rules.length < maxRules ? ruleOf(base, line) : null;
        if (rule) this.#rules.push(rule);
      }
    }
  }

  /** Of a file. What is below a folder that is left out cannot be taken in again. */
  ignores(path: string): boolean {
    return this.#ignoresFolder(parentOf(path)) || this.#decide(path, false);
  }

  #ignoresFolder(folder: string): boolean {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const ignored = this.#ignoresFolder(parentOf(folder)) || this.#decide(folder, true);
    this.#folders.set(folder, ignored);
    return ignored;
  }

  #decide(path: string, isFolder: boolean): boolean {
    for (let index = this.#rules.length - 1; index >= 0; index -= 1) {
      const rule = this.#rules[index];
      if (!rule || (rule.onlyFolders && !isFolder) || !path.startsWith(rule.base)) continue;
      if (matchesPath(rule.names, path.slice(rule.base.length).split('/'))) return !rule.isNegated;
    }
    return false;
  }
}

function ruleOf(base: string, line: string): Rule | null {
  let text = line.replace(/\r$/, '').replace(/(?<!\\) +$/, '');
  if (text === '' || text.startsWith('#') || text.length > maxRuleCharacters) return null;
  const isNegated = text.startsWith('!');
  if (isNegated) text = text.slice(1);
  const onlyFolders = text.endsWith('/');
  if (onlyFolders) text = text.slice(0, -1);
  const isAnchored = text.includes('/');
  if (text.startsWith('/')) text = text.slice(1);
  const names: Rule['names'] = isAnchored ? [] : [null];
  for (const name of text.split('/')) {
    const pattern = name === '**' ? null : namePattern(name);
    if (pattern === null && name !== '**') return null;
    if (pattern !== null || names.at(-1) !== null || names.length === 0) names.push(pattern);
  }
  // `folder/**` is what is in the folder, not the folder.
  if (names.length > 1 && names.at(-1) === null) names.push([]);
  return { base, isNegated, onlyFolders, names };
}

/** `**` takes any number of names. */
function matchesPath(pattern: Rule['names'], path: readonly string[]): boolean {
  return matchesPieces(pattern, null, path.length, (names, at) => matchesOne(names, path[at] ?? ''));
}

/** No pieces at all: any name, for the end of `folder/**`. */
function matchesOne(names: readonly Piece[], name: string): boolean {
  return names.length === 0 || matchesName(names, name);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function depthOf(path: string): number {
  return path.split('/').length;
}
