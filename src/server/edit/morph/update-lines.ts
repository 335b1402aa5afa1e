import { findOmission } from '../omission.ts';

/** A lazy edit: lines that the result must have, with markers that stand for lines of the file. */
export interface UpdateLines {
  lines: string[];
  /** By the index of a line: a marker stands somewhere between the line before it and this one. */
  markerBefore: boolean[];
}

export function readUpdate(update: string): UpdateLines {
  const lines: string[] = [];
  const markerBefore: boolean[] = [];
  let marked = false;
  for (const line of update.split('\n')) {
    if (isMarker(line)) marked = true;
    else {
      lines.push(line);
      markerBefore.push(marked);
      marked = false;
    }
  }
  return { lines, markerBefore };
}

const longestMarker = 400;

/** Whatever the file is: in an update three dots alone, or in a comment, stand for text, too. */
function isMarker(line: string): boolean {
  const text = line.trim();
  if (text.length > longestMarker) return false;
  return (
    findOmission('update.ts', '', text) !== null ||
    /^(?:\/\/|#|--|\/\*|<!--)?\s*(?:\.{3}|…)\s*(?:\*\/|-->)?$/.test(text)
  );
}
