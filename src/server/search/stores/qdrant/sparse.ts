import type { Schemas } from '@qdrant/js-client-rest';
import { joinedNamesOf, stemOf, wordsOf } from '../../terms/words.ts';
import type { Chunk, ChunkPlace } from '../../types.ts';

/**
 * Words as sparse vectors that we make ourselves: any server since 1.10 takes them, names are split as in the embedded
 * store, and a word in a chunk's name counts more than one in its body. The server adds how rare each word is.
 */

/** BM25 of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with their usual values. */
const saturation = 1.2;
const lengthShare = 0.75;
/** Words of a chunk, all fields together: the mean of the code bases that the retrieval evaluation uses. */
const usualLength = 120;
const fieldWeights = { symbol: 8, parent: 2, path: 2, body: 1 };

/** The weight of each of its words, without how rare it is. */
export function documentVector(chunk: Chunk): Schemas['SparseVector'] {
  const counts = new Map<number, number>();
  let length = 0;
  for (const [field, terms] of Object.entries(fieldsOf(chunk))) {
    length += terms.length;
    for (const term of terms) {
      const index = termIndex(term);
      counts.set(index, (counts.get(index) ?? 0) + fieldWeights[field as keyof typeof fieldWeights]);
    }
  }
  const norm = saturation * (1 - lengthShare + (lengthShare * length) / usualLength);
  const weights = [...counts.values()].map((count) => (count * (saturation + 1)) / (count + norm));
  return { indices: [...counts.keys()], values: weights.map((weight) => Number(weight.toFixed(4))) };
}

/** Each word once; empty for a query without any. */
export function queryVector(text: string): Schemas['SparseVector'] {
  const indices = [...new Set(queryTerms(text).map(termIndex))];
  return { indices, values: indices.map(() => 1) };
}

/** FNV-1a over UTF-16: of 2^32 numbers, so two words of one workspace hardly ever share one. */
export function termIndex(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

export function queryTerms(text: string): string[] {
  return [...new Set(termsOf(text))];
}

/** The terms of the path and of the names around a chunk. */
export function placeTerms({ path, parent }: Pick<ChunkPlace, 'path' | 'parent'>): Set<string> {
  return new Set([...termsOf(path), ...termsOf(parent)]);
}

function fieldsOf({ symbol, parent, path, text }: Chunk): Record<keyof typeof fieldWeights, string[]> {
  return { symbol: termsOf(symbol), parent: termsOf(parent), path: termsOf(path), body: termsOf(text) };
}

function termsOf(text: string): string[] {
  return [...wordsOf(text).map(stemOf), ...joinedNamesOf(text)];
}
