import type { Schemas } from '@qdrant/js-client-rest';
import type { ChunkPlace } from '../../types.ts';
import { placeTerms, queryTerms, termIndex } from './sparse.ts';
import type { Search } from './tenant-points.ts';

/**
 * How much of a query stands in the path and the names around a chunk, each word by how rare it is. Qdrant does not tell
 * that, but the best chunk for one word alone has the product of its own weight of the word, which it comes with, and the
 * word's rarity as its score.
 */
export class PlaceShares {
  readonly #terms: readonly string[];
  readonly #rarity = new Map<string, number>();

  constructor(query: string) {
    this.#terms = queryTerms(query);
  }

  /** One for each word; their first hits are for `learn`, in the same order. */
  probes(): Search[] {
    return this.#terms.map((term) => ({
      query: { indices: [termIndex(term)], values: [1] },
      using: 'words',
      limit: 1,
      with_payload: false,
      with_vector: ['words'],
    }));
  }

  learn(best: readonly (Schemas['ScoredPoint'] | undefined)[]): void {
    for (const [position, term] of this.#terms.entries()) {
      const hit = best[position];
      const words = (hit?.vector as { words?: Schemas['SparseVector'] } | undefined)?.words;
      const weight = words?.values[words.indices.indexOf(termIndex(term))];
      if (hit && weight) this.#rarity.set(term, hit.score / weight);
    }
  }

  /** 0 to 1. Words that stand nowhere in the workspace count for nothing. */
  of(place: Pick<ChunkPlace, 'path' | 'parent'>): number {
    const all = this.#sum(this.#terms);
    if (all === 0) return 0;
    const standing = placeTerms(place);
    return this.#sum(this.#terms.filter((term) => standing.has(term))) / all;
  }

  #sum(terms: readonly string[]): number {
    return terms.reduce((sum, term) => sum + (this.#rarity.get(term) ?? 0), 0);
  }
}
