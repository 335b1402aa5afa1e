import { shortestEdit, type EditRun } from './shortest-edit.ts';

/** A piece of a line; `changed` within a line that was changed and not replaced. */
export interface Segment {
  text: string;
  changed: boolean;
}

export interface DiffLine {
  kind: 'same' | 'del' | 'add';
  /** 1-based; of the new file, for removed lines of the old one. */
  number: number;
  segments: Segment[];
}

/** Lines that stand together; `skipped`: unchanged lines left out before them. */
export interface Hunk {
  skipped: number;
  lines: DiffLine[];
}

export interface Diff {
  hunks: Hunk[];
  /** Unchanged lines after the last hunk. */
  skippedAfter: number;
  added: number;
  removed: number;
}

const contextLines = 3;
/** Two lines that share less of their words are shown as replaced. */
const leastAlike = 0.4;
/** Characters; longer lines are not compared word by word. */
const longLine = 500;

/** What changed between two texts, in hunks with some context, changed words marked. */
export function diffLines(before: string, after: string): Diff {
  const [old, next] = [splitLines(before), splitLines(after)];
  const runs = shortestEdit(old, next);
  const lines = runs.flatMap((run, index) => linesOf(run, runs, index, old, next));
  return {
    ...hunksOf(lines),
    added: lines.filter(({ kind }) => kind === 'add').length,
    removed: lines.filter(({ kind }) => kind === 'del').length,
  };
}

/** A last line feed ends a line and begins none. */
function splitLines(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function linesOf(run: EditRun, runs: EditRun[], index: number, old: string[], next: string[]): DiffLine[] {
  const partner = run.kind === 'del' ? runs[index + 1] : run.kind === 'add' ? runs[index - 1] : undefined;
  const paired = partner && partner.kind !== 'same' && partner.length === run.length ? partner : undefined;
  return Array.from({ length: run.length }, (_, position) => {
    const isOld = run.kind === 'del';
    const at = (isOld ? run.oldStart : run.newStart) + position;
    const text = (isOld ? old : next)[at] ?? '';
    const other = paired && (isOld ? next[paired.newStart + position] : old[paired.oldStart + position]);
    return {
      kind: run.kind,
      number: at + 1,
      segments: other === undefined ? whole(text) : diffWords(text, other),
    };
  });
}

const whole = (text: string): Segment[] => [{ text, changed: false }];

/** `text` in segments: what is not in `other` is marked. */
export function diffWords(text: string, other: string): Segment[] {
  if (text.length > longLine || other.length > longLine) return whole(text);
  const words = text.match(/\w+|\s+|./gu) ?? [];
  const segments: Segment[] = [];
  let shared = 0;
  for (const { kind, oldStart, length } of shortestEdit(words, other.match(/\w+|\s+|./gu) ?? [])) {
    if (kind === 'add') continue;
    const piece = words.slice(oldStart, oldStart + length).join('');
    if (kind === 'same') shared += piece.length;
    segments.push({ text: piece, changed: kind === 'del' });
  }
  return shared >= leastAlike * Math.max(text.length, other.length) ? segments : whole(text);
}

function hunksOf(lines: DiffLine[]): { hunks: Hunk[]; skippedAfter: number } {
  const hunks: Hunk[] = [];
  let shownUntil = 0;
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    const from = Math.max(shownUntil, index - contextLines);
    const last = hunks.at(-1);
    if (last && from <= shownUntil) last.lines.push(...lines.slice(shownUntil, index + 1));
    else hunks.push({ skipped: from - shownUntil, lines: lines.slice(from, index + 1) });
    shownUntil = Math.max(shownUntil, index + 1);
    const following = lines.slice(shownUntil, shownUntil + contextLines);
    const end = following.findIndex(({ kind }) => kind !== 'same');
    const context = end === -1 ? following : [];
    hunks.at(-1)?.lines.push(...context);
    shownUntil += context.length;
  });
  return { hunks, skippedAfter: lines.length - shownUntil };
}
