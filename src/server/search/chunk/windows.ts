import type { Chunk } from '../types.ts';
import { cutAtLines } from './lines.ts';
import { longestChunk } from './cutter.ts';

type Piece = Omit<Chunk, 'path' | 'language'>;

/** Lines; neighbours share `overlap` of them, so that nothing is torn at every border. */
const windowLines = 40;
const overlap = 10;

const definition =
  /^\s*(?:(?:export|default|pub(?:\([^)]*\))?|public|private|protected|internal|static|final|abstract|override|open|sealed|data|case|local|async|inline|virtual|suspend)\s+)*(?:function|func|fun|fn|def|defp|defmodule|sub|proc|macro|class|struct|interface|enum|trait|object|module|namespace|record|protocol|type|theorem|lemma|table)\s+([\p{L}_$][\p{L}\p{N}_$.:!?]*)/u;

/** For texts without a grammar, or that their grammar cannot read: windows of lines, named by what looks like a definition. */
export function windows(text: string): Piece[] {
  const lines = text.split('\n');
  const pieces: Piece[] = [];
  for (let first = 0; first < lines.length; first += windowLines - overlap) {
    const part = lines.slice(first, first + windowLines);
    const symbol = part.map((line) => definition.exec(line)?.[1]).find(Boolean) ?? '';
    pieces.push(...piecesOf(part, first + 1, 'text', symbol, ''));
    if (first + windowLines >= lines.length) break;
  }
  return pieces;
}

/** Markdown: one chunk for each heading, with the headings above it as its parent. */
export function sections(text: string): Piece[] {
  const lines = text.split('\n');
  const pieces: Piece[] = [];
  const headings: string[] = [];
  let fenced = false;
  let from = 0;
  const flush = (to: number) => {
    const parent = headings.slice(0, -1).filter(Boolean).join('.');
    if (to > from)
      pieces.push(...piecesOf(lines.slice(from, to), from + 1, 'section', headings.at(-1) ?? '', parent));
    from = to;
  };
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    if (!heading) continue;
    flush(index);
    const level = heading[1]!.length;
    headings.length = Math.min(headings.length, level - 1);
    while (headings.length < level - 1) headings.push('');
    headings.push(heading[2]!.slice(0, 120));
  }
  flush(lines.length);
  return pieces;
}

function piecesOf(
  lines: readonly string[],
  startLine: number,
  kind: Piece['kind'],
  symbol: string,
  parent: string,
): Piece[] {
  const all = lines.join('\n');
  return cutAtLines(all, longestChunk).map(({ text, offset }) => {
    const first = startLine + all.slice(0, offset).split('\n').length - 1;
    return {
      kind,
      symbol,
      parent,
      signature: '',
      startLine: first,
      endLine: first + text.split('\n').length - 1,
      text,
    };
  });
}
