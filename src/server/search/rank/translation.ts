import { saidFor } from './lexicon.ts';

/** Of a query; the rest of a long one says little more. */
const mostWords = 20;
/** How rare a word counts that stands nowhere in the workspace: as one that a name may have other words for. */
const unseen = 6;
/** How often a word is said for itself when the lexicon does not know it. */
const itself = 0.2;
/** How often a word is said for no reason. */
const byChance = 0.002;
/** A word that is said so often for a name stands for it. */
const surely = 0.06;

/** For each word of a query, how often it is said for one of some words of a name. */
export type Row = Float64Array;

/** A query as a translation of names: how well they account for its words, though none of these is in them. */
export class Translation {
  readonly #words: readonly string[];
  readonly #rarity: readonly number[];
  readonly #total: number;
  readonly #rows = new Map<string, Row>();

  /** @param content of the query, as stems */
  constructor(content: readonly string[], rarity: ReadonlyMap<string, number>) {
    this.#words = [...new Set(content)].slice(0, mostWords);
    this.#rarity = this.#words.map((word) => rarity.get(word) ?? unseen);
    this.#total = this.#rarity.reduce((sum, value) => sum + value, 0) || 1;
  }

  row(stems: Iterable<string>): Row {
    const best = new Float64Array(this.#words.length);
    for (const stem of stems) raise(best, this.#rowOf(stem));
    return best;
  }

  /** Of several places, for each word the one that accounts best for it. */
  best(...rows: readonly Row[]): Row {
    const best = new Float64Array(this.#words.length);
    for (const row of rows) raise(best, row);
    return best;
  }

  /** How much likelier the words are than by chance, the rare ones counting most; mostly from 0 to 1. */
  likelihood(row: Row): number {
    let sum = 0;
    for (let at = 0; at < row.length; at++)
      if (row[at]) sum += this.#rarity[at]! * Math.log(1 + row[at]! / byChance);
    return sum / this.#total / 5;
  }

  /** The share of the words that are accounted for. */
  cover(row: Row): number {
    let sum = 0;
    for (let at = 0; at < row.length; at++) sum += this.#rarity[at]! * Math.min(1, row[at]! / surely);
    return sum / this.#total;
  }

  #rowOf(stem: string): Row {
    let row = this.#rows.get(stem);
    if (!row) {
      const said = saidFor(stem);
      row = Float64Array.from(this.#words, (word) => said.get(word) ?? (word === stem ? itself : 0));
      this.#rows.set(stem, row);
    }
    return row;
  }
}

function raise(best: Row, row: Row): void {
  for (let at = 0; at < best.length; at++) if (row[at]! > best[at]!) best[at] = row[at]!;
}
