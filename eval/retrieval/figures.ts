import type { Question } from './questions.ts';

/** Mean reciprocal rank among the first ten, and the share of questions whose definition is among them. */
export interface Figures {
  mrr: number;
  recall: number;
}

export interface Place {
  path: string;
  startLine: number;
  endLine: number;
}

/** @param ranks of each question's definition, from 1; null: it is not among the first ten */
export function figuresOf(ranks: readonly (number | null)[]): Figures {
  const found = ranks.filter((rank) => rank !== null);
  const mrr = found.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length;
  return { mrr, recall: found.length / ranks.length };
}

/** @param found the best ten, best first */
export function rankOf({ path, line }: Question, found: readonly Place[]): number | null {
  const at = found.findIndex(
    (place) => place.path === path && place.startLine <= line && place.endLine >= line,
  );
  return at < 0 ? null : at + 1;
}

export function shown({ mrr, recall }: Figures): string {
  return `${mrr.toFixed(3)} / ${recall.toFixed(3)}`;
}
