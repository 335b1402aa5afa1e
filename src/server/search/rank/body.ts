import type { QueryTerm, QueryView } from './query-view.ts';

/** A candidate's body as the ranking looks at it, for one query. */
export interface Body {
  /** How often each term of the query stands in it, in the order of `query.terms`. */
  counts: readonly number[];
  /** In terms. */
  length: number;
  /** How many words that follow one another in the query do so in the body, too. */
  pairs: number;
}

/** In one walk over the words: bodies are most of what a ranking reads. @param terms as `Candidate.terms` */
export function bodyOf(terms: string, query: QueryView): Body {
  const counts = query.terms.map(() => 0);
  const pairs = new Set<number>();
  const words = terms.split(' ');
  let before: QueryTerm | undefined;
  for (const word of words) {
    const term = query.term(word);
    if (term) {
      counts[term.position]!++;
      const pair = before?.followers.get(word);
      if (pair !== undefined) pairs.add(pair);
    }
    before = term;
  }
  return { counts, length: words.length, pairs: pairs.size };
}
