import { extname } from 'node:path';

/** A line that stands for text which it does not contain. */
interface Omission {
  /** From 1, in the new text. */
  line: number;
  text: string;
}

/** Where a placeholder is as likely a part of what is written about: only one in a comment of the format itself counts. */
const proseTypes = new Set(['.md', '.mdx', '.markdown', '.txt', '.rst', '.adoc', '.org', '.tex', '']);
const longestPlaceholder = 120;

const things =
  '(?:code|file|content|contents|implementation|implementations|function|functions|method|methods|class|classes|component|components|module|document|imports?|logic|tests?|body|script|styles?|rules|fields|properties|cases|lines|text|section|sections|markup|elements|handlers|routes|types|definitions?|it|everything|stuff)';
const owners = '(?:the |your |our |all |all the |of the |of your |other )*';
const kinds = '(?:existing|previous|original|remaining|unchanged|same|other)';
const ending =
  '(?: (?:is|are|remains?|stays?|goes|continues|here|unchanged|the same|as before|as is|as it was|below|above|untouched|unmodified|omitted|for brevity|from before|to the file))*';

/** Whole comments that mean missing text, whatever stands around them: "rest of the file unchanged", "(unchanged)". */
const plain = [
  `(?:the |keep )*rest of ${owners}(?:\\w+ )?${things} (?:is |are )?(?:remains?|stays?|unchanged|here|omitted|the same|as before)${ending}`,
  `(?:the |keep )*(?:existing|remaining|original|previous|other) (?:\\w+ )?${things} (?:is |are )?(?:remains?|stays?|unchanged|here|omitted|goes here|the same|as before)${ending}`,
  `(?:the |keep )*existing code`,
  `(?:code|content|contents|${things}) (?:is |are )?omitted for brevity`,
  `(?:omitted|truncated|shortened) for brevity`,
  `(?:everything|all) else (?:is |remains? |stays? )?(?:unchanged|the same|as before|untouched)`,
  `no (?:other )?changes (?:here|below|above|from here|to the rest.{0,30})`,
].map((words) => new RegExp(`^(?:${words})$`));

/** Meant so only between ellipses or brackets: "... existing code ...", "[unchanged]", "... (other methods)". */
const marked = [
  `${owners}${kinds} (?:\\w+ )?(?:\\w+ )?${things}${ending}`,
  `(?:the |keep |and )*rest (?:of .{1,60}|unchanged|omitted|here|as before|stays?.{0,20}|remains?.{0,20})`,
  `(?:the |and )*rest`,
  `(?:unchanged|as before|same as before|same as above|no changes?|omitted|truncated|snip|skipped|code here|your code here|keep as is|and so on)`,
  `${things} (?:unchanged|omitted|continues?|truncated|here|as before|stays?.{0,20}|remains?.{0,20})`,
  `keep (?:the |all |everything )?.{1,40}`,
  `(?:unchanged|omitted) .{1,30}`,
].map((words) => new RegExp(`^(?:${words})$`));

/**
 * The first line that a change adds in place of text which it leaves out, such as "// ... existing code ...": applied, it
 * would delete that text. Lines that were there before are none.
 * @returns null when there is none
 */
export function findOmission(path: string, before: string, after: string): Omission | null {
  const isProse = proseTypes.has(extname(path).toLowerCase());
  const lines = linesOf(after);
  const known = linesOf(before);
  // Alone, three dots stand for something only where something goes.
  const shrinks = lines.length < known.length;
  const counts = countOf(known.filter((line) => isPlaceholder(line, isProse, shrinks)));
  for (const [index, line] of lines.entries()) {
    if (!isPlaceholder(line, isProse, shrinks)) continue;
    const text = line.trim();
    const left = counts.get(text) ?? 0;
    if (left === 0) return { line: index + 1, text };
    counts.set(text, left - 1);
  }
  return null;
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

function countOf(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line.trim(), (counts.get(line.trim()) ?? 0) + 1);
  return counts;
}

function isPlaceholder(line: string, isProse: boolean, shrinks: boolean): boolean {
  if (line.length > 400) return false;
  const text = line.trim();
  if (isProse) return text.startsWith('<!--') && commentsOf(text).some((words) => says(words, shrinks));
  return commentsOf(text).some((words) => says(words, shrinks)) || isBare(text);
}

/** What a line that is nothing but a comment says, and the block comments within code. */
function commentsOf(text: string): string[] {
  const whole = /^(?:\/\/+|#+|--+|;+|%+|<!--|\{?\/\*+|\(\*|"""|''')(.*?)(?:-->|\*+\/\}?|\*\)|"""|''')?$/.exec(
    text,
  );
  if (whole && !text.startsWith('#!') && !whole[1]?.includes('*/')) return [whole[1] ?? ''];
  return [...text.matchAll(/\/\*([^*]{1,120})\*\//g)].map(([, words = '']) => words);
}

/** Without a comment, as in "... existing code ...": no language has such a line. */
function isBare(text: string): boolean {
  return /^(?:\.{3}|…|\[(?:\.{3}|…))/.test(text) && /(?:\.{3}|…)\]?$/.test(text) && says(text, false);
}

function says(comment: string, shrinks: boolean): boolean {
  const text = comment.trim().toLowerCase();
  if (text.length > longestPlaceholder) return false;
  if (/^(?:\.{3,}|…)$/.test(text)) return shrinks;
  const words = wordsOf(text);
  if (words === '') return false;
  const isMarked = /^(?:\.{2,}|…|\[|\()/.test(text) && /(?:\.{2,}|…|\]|\))$/.test(text);
  const hasDots = /\.{3}|…/.test(text);
  if (plain.some((pattern) => pattern.test(words))) return true;
  return (isMarked || hasDots) && marked.some((pattern) => pattern.test(words));
}

function wordsOf(text: string): string {
  return text
    .replaceAll(/\.{2,}|…|[[\](){}:;,!"'`*~-]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim();
}
