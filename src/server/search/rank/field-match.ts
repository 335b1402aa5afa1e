import type { QueryView } from './query-view.ts';

const saturation = 1.2;
const lengthShare = 0.6;

/** BM25 of one field, as a share of what the rarest match would be worth. */
export function saturated(
  { terms, rarity, total }: QueryView,
  countOf: (term: string, position: number) => number,
  length: number,
): number {
  const norm = saturation * (1 - lengthShare + lengthShare * length);
  let sum = 0;
  for (const [position, term] of terms.entries()) {
    const count = countOf(term, position);
    if (count) sum += (rarity[position]! * count * (saturation + 1)) / (count + norm);
  }
  return sum / total;
}
