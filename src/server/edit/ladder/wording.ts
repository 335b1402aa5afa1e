import type { Rung } from '../change.ts';
import type { LineHunk } from '../diff-lines.ts';
import type { Spellings } from './typography.ts';

/** A replacement in one of the ways in which its text may have been meant. */
export interface Wording {
  oldText: string;
  newText: string;
  /** What was taken from the text as it was written, to read it so. */
  rungs: readonly Rung[];
  /** Its indentation must be that of the file: the new text cannot be shifted in the same way. */
  isIndentExact?: boolean;
  /** It begins and ends at the borders of lines. */
  isWholeLines?: boolean;
  /** Which lines stay, where that is said. */
  script?: readonly LineHunk[];
  /** How escapes that were written out were read. */
  unescape?: (text: string) => string;
  /** The first of the line numbers that were copied with the text, and how they were written. */
  copied?: { first: number; form: RegExp };
}

/** What was taken back in the text of a change, to find it. */
export interface Undone {
  spellings: Spellings;
  shifts: readonly ((indent: string) => string | null)[];
  /** How escapes that were written out are read. */
  unescape?: ((text: string) => string) | undefined;
}
