import { joinedNamesOf, stemOf, wordsOf } from './words.ts';

/** Words that say how something is said, not what. Left in a query they cost time and find everything. */
const stopWords = new Set(
  `a about again all also an and any are as at be been being between both but by can did do does doing done don each every few
  for from further given had has have having he her here his how i if in into is it its just may me more most must my no not
  now of on once only or other our over own s same she should so some such t than that the their them then there these they
  this those through to too under very was we were what when where which who whom whose will with you your`.split(
    /\s+/,
  ),
);

/** A longer query is cut: nobody asks in more words, and each costs. */
const mostTerms = 32;

/** The terms to look for, each once, in the order of the query; its stop words only when it has nothing else. */
export function queryTerms(text: string): string[] {
  const content = contentWords(text).map(stemOf);
  const terms = [...content, ...joinedNamesOf(text)];
  return [...new Set(terms.length ? terms : wordsOf(text).map(stemOf))].slice(0, mostTerms);
}

/** In the order of the query, not stemmed. */
export function contentWords(text: string): string[] {
  return wordsOf(text).filter((word) => !stopWords.has(word));
}
