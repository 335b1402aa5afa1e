import type { Schemas } from '@qdrant/js-client-rest';
import { fieldWeights, type Fields } from '../../terms/fields.ts';

/**
 * Words as sparse vectors that we make ourselves: any server since 1.10 takes them, names are split as in the embedded
 * store, and a word in a chunk's name counts more than one in its body. The server adds how rare each word is.
 */

/** BM25 of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with their usual values. */
const saturation = 1.2;
const lengthShare = 0.75;
/** Terms of a chunk, all fields together: about the mean over this program's own source. */
const usualLength = 80;

/** The weight of each of its words, without how rare it is. */
export function documentVector(fields: Fields): Schemas['SparseVector'] {
  const counts = new Map<number, number>();
  let length = 0;
  for (const [field, terms] of Object.entries(fields) as [keyof Fields, string[]][]) {
    length += terms.length;
    for (const term of terms) {
      const index = termIndex(term);
      counts.set(index, (counts.get(index) ?? 0) + fieldWeights[field]);
    }
  }
  const norm = saturation * (1 - lengthShare + (lengthShare * length) / usualLength);
  const weights = [...counts.values()].map((count) => (count * (saturation + 1)) / (count + norm));
  return { indices: [...counts.keys()], values: weights.map((weight) => Number(weight.toFixed(4))) };
}

/** @param terms each once */
export function queryVector(terms: readonly string[]): Schemas['SparseVector'] {
  const indices = [...new Set(terms.map(termIndex))];
  return { indices, values: indices.map(() => 1) };
}

/** FNV-1a over UTF-16: of 2^32 numbers, so two words of one workspace hardly ever share one. */
export function termIndex(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at++) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
