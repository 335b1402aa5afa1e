import { languageOf, type Language } from '#server/syntax/languages.ts';
import { syntaxErrors, type SyntaxFault } from '#server/syntax/syntax-errors.ts';

/** Characters; a larger text is not worth its parse before each edit. */
const maxCharacters = 250_000;

/**
 * Grammars that see no preprocessor: of the headers of Node and of the C++ library they refuse more than half, so that a new
 * fault says nothing. Of JavaScript, TypeScript, Python, CSS and shell in the installed packages they refuse at most 2 in 100.
 */
const unreliable: ReadonlySet<Language> = new Set(['c', 'cpp']);

/**
 * The first place where a change breaks the grammar of its language: the new text has more faults there than the old one
 * had. Grammars know less than compilers, so this stops nothing by itself.
 * @param before empty for a new file
 * @returns a sentence; null when there is none, and where nobody can tell: another language, a large text, a slow parse
 */
export async function newSyntaxError(path: string, before: string, after: string): Promise<string | null> {
  const language = languageOf(path);
  if (!language || unreliable.has(language) || Math.max(before.length, after.length) > maxCharacters)
    return null;
  const now = await syntaxErrors(language, after);
  if (!now?.length) return null;
  const old = await syntaxErrors(language, before);
  if (!old || now.length <= old.length) return null;
  const fault = firstNew(old, now);
  return fault && `${path} has a new syntax error at line ${fault.line}: ${describe(fault)}.`;
}

function firstNew(old: readonly SyntaxFault[], now: readonly SyntaxFault[]): SyntaxFault | null {
  const left = old.map(keyOf);
  for (const fault of now) {
    const known = left.indexOf(keyOf(fault));
    if (known < 0) return fault;
    left.splice(known, 1);
  }
  return null;
}

function keyOf({ missing, text }: SyntaxFault): string {
  return JSON.stringify([missing, text]);
}

function describe({ missing, text }: SyntaxFault): string {
  if (missing !== null) return `"${missing}" is missing`;
  return text.trim() === '' ? 'something does not belong there' : `"${text.trim()}" does not belong there`;
}
