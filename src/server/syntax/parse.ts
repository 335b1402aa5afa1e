import { createRequire } from 'node:module';
import { Language as Grammar, Parser, type Node } from 'web-tree-sitter';
import { languages, type Language } from './languages.ts';
import { scriptsOnly } from './scripts-only.ts';

/** Characters; a longer text is not parsed: it is generated, or data. */
const longestText = 1_000_000;
/** Milliseconds; some texts make a grammar that may fail at every token slow. */
const longestParse = 2_000;

const { resolve } = createRequire(import.meta.url);
const grammars = new Map<Language, Promise<Grammar>>();
let parser: Promise<Parser> | null = null;

/**
 * Parses a text and gives its tree to `read`, synchronously; the tree is gone afterwards, so `read` must keep no node of it.
 * A grammar is loaded when it is first needed, once for each thread. Lines and columns of nodes count from 0, columns in
 * UTF-16 units as JavaScript's strings do.
 * @returns null when the text is too long, or parsing it takes too long
 */
export async function parse<T>(
  language: Language,
  text: string,
  read: (root: Node) => T,
): Promise<{ value: T } | null> {
  if (text.length > longestText) return null;
  const [theParser, grammar] = await Promise.all([parserOfThread(), grammarOf(language)]);
  const code = languages[language].scriptsOnly ? scriptsOnly(text) : text;
  const end = performance.now() + longestParse;
  theParser.setLanguage(grammar);
  const tree = theParser.parse(code, null, { progressCallback: () => performance.now() > end });
  if (tree === null) theParser.reset();
  if (tree === null) return null;
  try {
    return { value: read(tree.rootNode) };
  } finally {
    tree.delete();
  }
}

/** A thread has one: setting a language, parsing and reading happen in one go, so no two texts meet in it. */
function parserOfThread(): Promise<Parser> {
  parser ??= Parser.init().then(() => new Parser());
  return parser;
}

async function grammarOf(language: Language): Promise<Grammar> {
  await parserOfThread();
  let grammar = grammars.get(language);
  if (grammar === undefined) {
    grammar = Grammar.load(resolve(languages[language].grammar));
    grammars.set(language, grammar);
  }
  return grammar;
}
