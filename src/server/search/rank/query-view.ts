import { contentWords, queryTerms } from '../terms/query.ts';
import { stemOf, wordsOf } from '../terms/words.ts';
import { areRelated } from './related-words.ts';

export interface QueryTerm {
  /** In `QueryView.terms`. */
  position: number;
  /** The words that follow it in the query, each with a number for the pair. */
  followers: ReadonlyMap<string, number>;
}

/** A query as the ranking looks at it. */
export class QueryView {
  readonly terms: readonly string[];
  /** How rare each of `terms` is; 0 for one that stands nowhere. */
  readonly rarity: readonly number[];
  readonly total: number;
  /** The first words of a sentence say what is done, the later ones under which circumstances. */
  readonly early: readonly number[];
  readonly earlyTotal: number;
  /** Its content words as stems, in order, with repetitions. */
  readonly content: readonly string[];
  /** It asks for a type, a class, a constant: then functions are no more likely than others. */
  readonly asksForType: boolean;
  /** It says when something is true. */
  readonly asksForBoolean: boolean;
  /** It says that something is made. */
  readonly asksForMaker: boolean;
  readonly #terms: ReadonlyMap<string, QueryTerm>;
  readonly #words: ReadonlySet<string>;
  readonly #related = new Map<string, readonly number[]>();
  readonly #spoken = new Map<string, boolean>();

  constructor(text: string, rarity: ReadonlyMap<string, number>) {
    this.terms = queryTerms(text);
    this.rarity = this.terms.map((term) => rarity.get(term) ?? 0);
    this.total = sum(this.rarity) || 1;
    this.early = this.rarity.map((value, position) => value / (1 + 0.25 * position));
    this.earlyTotal = sum(this.early) || 1;
    this.content = contentWords(text).map(stemOf);
    this.asksForType =
      /\b(?:class|classes|types?|interfaces?|structs?|enums?|traits?|constants?|modules?|components?)\b/i.test(
        text,
      );
    this.asksForBoolean = /\b(?:whether|true|determines?|checks?|tests?|if)\b/i.test(text.slice(0, 40));
    this.asksForMaker =
      /^(?:creates?|constructs?|makes?|builds?|initiali[sz]es?|instantiates?|(?:returns?|gets?) a new|allocates?|new)\b/i.test(
        text,
      );
    this.#terms = new Map(
      this.terms.map((term, position) => [term, { position, followers: followersOf(term, this.content) }]),
    );
    this.#words = new Set(wordsOf(text).map(stemOf));
  }

  term(stem: string): QueryTerm | undefined {
    return this.#terms.get(stem);
  }

  /** Whether the query has this stem, also as a stop word: `is` and `to` are words of names. */
  has(stem: string): boolean {
    return this.#terms.has(stem) || (stem.length > 1 && this.#words.has(stem));
  }

  /** Whether the query has this stem, or one that may stand for it. */
  speaksOf(stem: string): boolean {
    let known = this.#spoken.get(stem);
    if (known === undefined) {
      known = this.has(stem) || [...this.#words].some((word) => areRelated(word, stem));
      this.#spoken.set(stem, known);
    }
    return known;
  }

  /** The positions of the terms that this stem may stand for. */
  relatedTerms(stem: string): readonly number[] {
    let known = this.#related.get(stem);
    if (known === undefined) {
      known = this.terms.flatMap((term, position) => (areRelated(term, stem) ? [position] : []));
      this.#related.set(stem, known);
    }
    return known;
  }
}

function followersOf(term: string, content: readonly string[]): Map<string, number> {
  const followers = new Map<string, number>();
  for (let at = 0; at + 1 < content.length; at++)
    if (content[at] === term) followers.set(content[at + 1]!, at);
  return followers;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
