import { findOmission } from '../omission.ts';

/** A lazy edit: lines that the result must have, with markers that stand for lines of the file. */
export interface UpdateLines {
  lines: string[];
  /** By the index of a line: a marker stands somewhere between the line before it and this one. */
  markerBefore: boolean[];
}

export function readUpdate(path: string, update: string): UpdateLines {
  const lines: string[] = [];
  const markerBefore: boolean[] = [];
  let marked = false;
  for (const line of update.split('\n')) {
    if (isMarker(path, line)) marked = true;
    else {
      lines.push(line);
      markerBefore.push(marked);
      marked = false;
    }
  }
  return { lines, markerBefore };
}

/** Of updates any line with three dots alone in a comment is one, too. */
function isMarker(path: string, line: string): boolean {
  return (
    findOmission(path, '\n\n\n', line) !== null ||
    /^\s*(?:\/\/|#|--|\/\*|<!--)?\s*(?:\.{3}|…)\s*(?:\*\/|-->)?\s*$/.test(line)
  );
}
