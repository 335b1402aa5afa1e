import type { Chunk } from '../types.ts';
import { joinedNamesOf, stemOf, wordsOf } from './words.ts';

/** The fields in which a word counts for itself, in the order of the stores' columns. */
export interface Fields {
  symbol: string[];
  parent: string[];
  path: string[];
  signature: string[];
  body: string[];
}

/** A word in a name says more than one in a body. Found on the development packages of the retrieval evaluation. */
export const fieldWeights: Readonly<Record<keyof Fields, number>> = {
  symbol: 8,
  parent: 2,
  path: 2,
  signature: 1.5,
  body: 1,
};

/** The terms of a chunk, field by field: what a store indexes, whatever store it is. */
export function fieldsOf({ symbol, parent, path, signature, text }: Chunk): Fields {
  return {
    symbol: termsOf(symbol),
    parent: termsOf(parent),
    path: termsOf(withoutExtension(path)),
    signature: termsOf(signature),
    body: termsOf(text),
  };
}

/** Stems of all words, then names of several words as one, so that a name that is searched for whole is found as such. */
export function termsOf(text: string): string[] {
  return [...wordsOf(text).map(stemOf), ...joinedNamesOf(text)];
}

/** For `Candidate.terms`: those of a body, in order, so that the ranking can count them and see which stand together. */
export function joinedTerms(terms: readonly string[]): string {
  return terms.join(' ');
}

export function withoutExtension(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}
