import { joinedNamesOf, stemOf, wordsOf } from '../terms/words.ts';

/** The terms of names, for one query: candidates share their files, and the names around them. */
export class Names {
  readonly #stems = new Map<string, string[]>();
  readonly #counts = new Map<string, Map<string, number>>();

  stems(text: string): string[] {
    let known = this.#stems.get(text);
    if (!known) this.#stems.set(text, (known = wordsOf(text).map(stemOf)));
    return known;
  }

  /** How often each of its terms stands in it. */
  counts(text: string): Map<string, number> {
    let known = this.#counts.get(text);
    if (known) return known;
    known = new Map();
    for (const term of [...this.stems(text), ...joinedNamesOf(text)])
      known.set(term, (known.get(term) ?? 0) + 1);
    this.#counts.set(text, known);
    return known;
  }
}
