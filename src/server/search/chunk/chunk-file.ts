import { languageOf } from '#server/syntax/languages.ts';
import { parse } from '#server/syntax/parse.ts';
import type { Chunk } from '../types.ts';
import { Cutter } from './cutter.ts';
import { sections, windows } from './windows.ts';

/** Characters on a line, on average: more than that was written by a machine. */
const longestAverageLine = 400;
/** Of such a text so much is kept, in characters: enough to find it by its name and its beginning. */
const keptOfGenerated = 2_000;

/**
 * Cuts a file into what a search finds: its definitions, each with its leading comment; sections of Markdown; windows of
 * lines where there is no grammar, or where the grammar gives up. The same file always gives the same chunks.
 * @param text decoded, without a byte order mark
 */
export async function chunkFile(path: string, text: string): Promise<Chunk[]> {
  const language = languageOf(path);
  return (await piecesOf(path, text)).map((piece) => ({ path, language, ...piece }));
}

async function piecesOf(path: string, text: string): Promise<Omit<Chunk, 'path' | 'language'>[]> {
  const language = languageOf(path);
  if (text.length > keptOfGenerated && text.length / (text.split('\n').length || 1) > longestAverageLine)
    return windows(text.slice(0, keptOfGenerated));
  if (language === null) return /\.(?:md|mdx|markdown)$/i.test(path) ? sections(text) : windows(text);
  const cut = await parse(language, text, (root) => new Cutter(text).cut(root));
  return cut?.value ?? windows(text);
}
