import type { LineHunk } from './diff-lines.ts';

/** One replacement: `oldText` must stand in the file exactly once, and may begin and end within a line. */
export interface Edit {
  oldText: string;
  newText: string;
}

/** A hunk of a patch: whole lines, without their line ends. */
export interface Hunk {
  oldLines: string[];
  newLines: string[];
  /** What the signs of a patch say is removed and added; absent where only both texts are given. */
  script?: LineHunk[];
  /** The line numbers of the patch go up from hunk to hunk, so that one that stands in several places is decided by the others. */
  isOrdered: boolean;
  /** Lines that the patch names above the hunk (`@@ class Name`): the hunk stands in the block of the last one. */
  anchors: string[];
  /** `*** End of File`: the last line of the hunk is the last line of the file. */
  atEnd: boolean;
  /** Whether the file ends in a line end afterwards, where the patch changes that. */
  finalNewline?: boolean;
}

export type Change = Edit | Hunk;

/** Lines of a file: the first one and the one after the last. */
export interface Extent {
  from: number;
  to: number;
}

/**
 * How a change was found, from the strictest on: as it is; but for whitespace at the end of lines; for typographic characters
 * and Unicode normal forms; for one shift or unit of indentation; with copied line numbers; with escapes written out; but
 * for the number of blank lines.
 */
export const rungs = [
  'exact',
  'trailing_space',
  'typography',
  'indentation',
  'line_numbers',
  'escapes',
  'blank_lines',
] as const;
export type Rung = (typeof rungs)[number];

export function isHunk(change: Change): change is Hunk {
  return 'oldLines' in change;
}
