import { readFileSync } from 'node:fs';

export type Columns = Record<string, unknown>;

export interface Row {
  columns: Columns;
  properties: Record<string, string>;
}

export interface Change {
  id: string;
  change: Columns;
}

/** A line of the file: a row, or what became of one. */
export type Line = { row: Row } | Change;

/** A line that is not whole is the last one, and nobody was told that it was written. */
export function linesOf(path: string): Line[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).flatMap((line) => parsed(line));
}

function parsed(line: string): Line[] {
  try {
    return [JSON.parse(line) as Line];
  } catch (cause) {
    if (cause instanceof SyntaxError) return [];
    throw cause;
  }
}
