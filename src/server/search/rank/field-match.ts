import type { QueryView } from './query-view.ts';

const saturation = 1.2;
const lengthShare = 0.6;

/** BM25 of one field, as a share of what the rarest match would be worth. */
export function saturated(
  { terms, rarity, total }: QueryView,
  countOf: (term: string) => number,
  length: number,
): number {
  const norm = saturation * (1 - lengthShare + lengthShare * length);
  let sum = 0;
  for (const [position, term] of terms.entries()) {
    const count = countOf(term);
    if (count) sum += (rarity[position]! * count * (saturation + 1)) / (count + norm);
  }
  return sum / total;
}

/** How often `part`, which begins and ends with a blank, stands in a text of words. */
export function occurrences(text: string, part: string): number {
  let count = 0;
  // The blank at the end of one is the blank at the beginning of the next.
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + Math.max(1, part.length - 1)))
    count++;
  return count;
}
