import { extname } from 'node:path';
import { closestPlaces } from './closest-places.ts';
import { EditRefusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

interface Block {
  from: number;
  to: number;
  /** How far what follows the block may be meant too: up to the next line that opens a block of its own. */
  reach: number;
}

/** A line that stands more often says nothing about a place. */
const mostLines = 200;
const markdown = new Set(['.md', '.mdx', '.markdown']);

/** The blocks under the lines that a patch names after @@, each within the block of the one before it. @throws {EditRefusal} */
export function blocksOf(wanted: Wanted, anchors: readonly string[]): Block[] {
  const { lines } = wanted.file;
  let blocks: Block[] = [{ from: 0, to: lines.length, reach: lines.length }];
  for (const anchor of anchors) {
    const found = anchorLines(lines, anchor, blocks);
    if (!found.length) throw missing(wanted, anchor);
    if (found.length > mostLines)
      throw new EditRefusal(
        `${wanted.name}: the line after @@, ${quoted(anchor)}, stands on more than ${mostLines} lines of ${wanted.path}. Nothing was changed. Name one that says where.`,
      );
    const isMarkdown = markdown.has(extname(wanted.path).toLowerCase());
    blocks = found.map((from) => blockAt(lines, from, isMarkdown));
  }
  return blocks;
}

function missing({ name, path, file }: Wanted, anchor: string): EditRefusal {
  const { excerpts } = closestPlaces(file, anchor.trim());
  const shown = excerpts.length ? ` The closest lines, with their numbers:\n\n${excerpts.join('\n')}` : '';
  return new EditRefusal(
    `${name}: the line after @@, ${quoted(anchor)}, does not stand in ${path}. Nothing was changed. Copy that line from the file, or leave it out and give more lines of context.${shown}`,
  );
}

/** Lines that are the anchor; where there is none, those that begin with it, then those with words such as `export` before it. */
function anchorLines(lines: readonly string[], anchor: string, blocks: readonly Block[]): number[] {
  const wanted = anchor.trim();
  const within = new Set<number>();
  for (const { from, to } of blocks) for (let index = from; index < to; index += 1) within.add(index);
  const ways = [
    (line: string) => line === wanted,
    (line: string) => standsAt(line, wanted, 0),
    (line: string) => {
      const at = line.indexOf(wanted);
      return at > 0 && standsAt(line, wanted, at) && isModifier(line.slice(0, at));
    },
  ];
  for (const isAnchor of ways) {
    const found = [...within].filter((index) => isAnchor((lines[index] ?? '').trim()));
    if (found.length) return found;
  }
  return [];
}

/** Not as a part of a longer name. */
function standsAt(line: string, wanted: string, at: number): boolean {
  if (!line.startsWith(wanted, at)) return false;
  const isCut = (border: number) => /^\w\w$/.test(line.slice(border - 1, border + 1));
  return !(at > 0 && isCut(at)) && !isCut(at + wanted.length);
}

/** What may stand before a definition on its line: no comment. */
function isModifier(text: string): boolean {
  return /^[\w@([][\w\s.,:=()<>*&@[\]]*$/.test(text);
}

/** A block ends before the next line that is not further to the right. */
function blockAt(lines: readonly string[], from: number, isMarkdown: boolean): Block {
  const heading = sectionOf(lines[from] ?? '', isMarkdown);
  if (heading) {
    const next = lines.findIndex((line, index) => index > from && heading.test(line));
    const to = next < 0 ? lines.length : next;
    return { from, to, reach: to };
  }
  const own = width(lines[from] ?? '');
  let hasBody = false;
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    if (width(line) > own) hasBody = true;
    else if (!/^\s*[{)\]]/.test(line)) {
      // A body that is not indented, as in a namespace of C++.
      const isOpen = !hasBody && /[{([]\s*$/.test(lines[from] ?? '');
      const end = isOpen ? lines.length : nextOpening(lines, index, own);
      return { from, to: hasBody ? index : end, reach: end };
    }
  }
  return { from, to: lines.length, reach: lines.length };
}

/** What ends a section that is not indented: the next heading of Markdown, or the next `[name]` of a settings file. */
function sectionOf(line: string, isMarkdown: boolean): RegExp | null {
  const [, level] = (isMarkdown && /^(#{1,6}) /.exec(line)) || [];
  if (level !== undefined) return new RegExp(`^#{1,${level.length}} `);
  return /^\[.*\]\s*$/.test(line) ? /^\[.*\]\s*$/ : null;
}

/** The next line, not further to the right than `own`, under which lines are. */
function nextOpening(lines: readonly string[], from: number, own: number): number {
  let [opening, openingWidth] = [-1, 0];
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.trim() === '') continue;
    if (opening >= 0 && width(line) > openingWidth) return opening;
    [opening, openingWidth] = width(line) > own ? [-1, 0] : [index, width(line)];
  }
  return lines.length;
}

/** A line as a refusal quotes it. */
function quoted(anchor: string): string {
  return JSON.stringify(anchor.slice(0, 200));
}

function width(line: string): number {
  return line.length - line.trimStart().length;
}
