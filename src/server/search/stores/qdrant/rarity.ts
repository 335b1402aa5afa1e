import type { Schemas } from '@qdrant/js-client-rest';
import { termIndex } from './sparse.ts';
import type { Search } from './tenant-points.ts';

/**
 * One query for each term, for how rare it is. Qdrant does not tell, but the best chunk for one term alone has the product
 * of its own weight of the term, which it comes with, and the term's rarity as its score.
 */
export function rarityProbes(terms: readonly string[]): Search[] {
  return terms.map((term) => ({
    query: { indices: [termIndex(term)], values: [1] },
    using: 'words',
    limit: 1,
    with_payload: false,
    with_vector: ['words'],
  }));
}

/** @param best the first hit of each probe */
export function rarityOf(
  terms: readonly string[],
  best: readonly (Schemas['ScoredPoint'] | undefined)[],
): Map<string, number> {
  const rarity = new Map<string, number>();
  for (const [position, term] of terms.entries()) {
    const hit = best[position];
    const words = (hit?.vector as { words?: Schemas['SparseVector'] } | undefined)?.words;
    const weight = words?.values[words.indices.indexOf(termIndex(term))];
    if (hit && weight) rarity.set(term, hit.score / weight);
  }
  return rarity;
}
