import type { Hunk } from '#protocol/workspace.ts';
import { diffWords, type Segment } from '#ui/diff/diff-lines.ts';

/** A line of one side; `number` is 1-based. */
export interface SideLine {
  number: number;
  segments: Segment[];
  /** The file ends here without a line feed. */
  endsOpen: boolean;
}

/** A line that both sides have. */
export interface SameLine {
  oldNumber: number;
  newNumber: number;
  text: string;
}

export interface ShownHunk {
  /** As a revert counts it. */
  index: number;
  /** "Lines 4–6", in the file as it is now; where lines are only missing, the place. */
  name: string;
  leading: SameLine[];
  removed: SideLine[];
  added: SideLine[];
  trailing: SameLine[];
}

export interface ShownHunks {
  hunks: ShownHunk[];
  /** Lines that the hunks have, with their context. */
  lines: number;
}

const contextLines = 3;

/** The changes of a file as they are shown: each hunk with up to three lines around it, none of them twice. */
export function hunkRows(before: string, after: string, hunks: readonly Hunk[]): ShownHunks {
  const [old, next] = [new Lines(before), new Lines(after)];
  const shown: ShownHunk[] = [];
  let [oldAt, nextAt] = [0, 0];
  for (const [index, hunk] of hunks.entries()) {
    const gap = gapBefore(hunk, oldAt, nextAt);
    const last = shown.at(-1);
    const trailing = last ? Math.min(contextLines, gap) : 0;
    const leading = Math.min(contextLines, gap - trailing);
    last?.trailing.push(...next.same(nextAt, trailing, oldAt - nextAt));
    [oldAt, nextAt] = [oldAt + gap, nextAt + gap];
    shown.push({
      index,
      name: nameOf(nextAt, hunk.after.lines),
      leading: next.same(nextAt - leading, leading, oldAt - nextAt),
      ...changed(old, oldAt, hunk.before.lines, next, nextAt, hunk.after.lines),
      trailing: [],
    });
    [oldAt, nextAt] = [oldAt + hunk.before.lines, nextAt + hunk.after.lines];
  }
  const rest = Math.max(0, next.count - nextAt);
  const trailing = shown.length > 0 ? Math.min(contextLines, rest) : 0;
  shown.at(-1)?.trailing.push(...next.same(nextAt, trailing, oldAt - nextAt));
  return {
    hunks: shown,
    lines: shown.reduce((sum, one) => sum + linesOf(one), 0),
  };
}

/** All of a file that is only on one side, as one hunk. */
export function wholeFile(before: string | null, after: string | null): Hunk[] {
  const [old, next] = [before, after].map((text) => ({ from: 0, lines: new Lines(text ?? '').count }));
  return old && next && old.lines + next.lines > 0 ? [{ before: old, after: next }] : [];
}

/** The first lines of all hunks, until there are so many. */
export function firstLines(hunks: readonly ShownHunk[], most: number): ShownHunk[] {
  let room = most;
  return hunks.flatMap((hunk) => {
    if (room <= 0) return [];
    const take = <Line>(lines: Line[]) => {
      const taken = lines.slice(0, Math.max(0, room));
      room -= taken.length;
      return taken;
    };
    const { leading, removed, added, trailing } = hunk;
    return [
      {
        ...hunk,
        leading: take(leading),
        removed: take(removed),
        added: take(added),
        trailing: take(trailing),
      },
    ];
  });
}

/** @param at lines that stand before it */
function nameOf(at: number, count: number): string {
  if (count === 0) return at === 0 ? 'At the beginning' : `After line ${at}`;
  return count === 1 ? `Line ${at + 1}` : `Lines ${at + 1}–${at + count}`;
}

/** Of a side without lines the place may be named in two ways: the other side knows. */
function gapBefore({ before, after }: Hunk, oldAt: number, nextAt: number): number {
  return Math.max(0, before.lines > 0 ? before.from - oldAt : after.from - nextAt);
}

function changed(old: Lines, oldAt: number, removed: number, next: Lines, nextAt: number, added: number) {
  const paired = removed === added;
  return {
    removed: old.side(oldAt, removed, paired ? (index) => next.text(nextAt + index) : null),
    added: next.side(nextAt, added, paired ? (index) => old.text(oldAt + index) : null),
  };
}

const linesOf = ({ leading, removed, added, trailing }: ShownHunk) =>
  leading.length + removed.length + added.length + trailing.length;

class Lines {
  readonly #lines: string[];
  readonly #endsOpen: boolean;

  /** A last line feed ends a line and begins none. */
  constructor(text: string) {
    this.#endsOpen = text !== '' && !text.endsWith('\n');
    this.#lines = text === '' ? [] : (this.#endsOpen ? text : text.slice(0, -1)).split('\n');
  }

  get count(): number {
    return this.#lines.length;
  }

  text(index: number): string {
    return this.#lines[index] ?? '';
  }

  /** @param shift how much higher the old numbers are */
  same(from: number, count: number, shift: number): SameLine[] {
    return Array.from({ length: count }, (_, index) => ({
      oldNumber: from + index + shift + 1,
      newNumber: from + index + 1,
      text: this.text(from + index),
    }));
  }

  side(from: number, count: number, other: ((index: number) => string) | null): SideLine[] {
    return Array.from({ length: count }, (_, index) => {
      const text = this.text(from + index);
      return {
        number: from + index + 1,
        segments: other ? diffWords(text, other(index)) : [{ text, changed: false }],
        endsOpen: this.#endsOpen && from + index === this.#lines.length - 1,
      };
    });
  }
}
