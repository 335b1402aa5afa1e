import { readFileSync } from 'node:fs';

/**
 * Which words people use for a word of a name: `iter` is described as iterating, `is` as true and whether. Learned from the
 * documentation of 77,000 functions by `eval/retrieval/fit` (IBM's first model of translation), as stems; one line of the file
 * is the word of a name, then what is said for it and how often, in percent.
 */
const sayings = new Map<string, ReadonlyMap<string, number>>();

const none: ReadonlyMap<string, number> = new Map();

/** How often a word that is described has these stems said for this one of its name, from 0 to 1. */
export function saidFor(stem: string): ReadonlyMap<string, number> {
  if (sayings.size === 0) load();
  return sayings.get(stem) ?? none;
}

/** When a search needs it first: most processes never do. */
function load(): void {
  const lines = readFileSync(new URL('./lexicon.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines) {
    const [stem = '', ...said] = line.split(' ');
    const shares = new Map<string, number>();
    for (let at = 0; at + 1 < said.length; at += 2) shares.set(said[at]!, Number(said[at + 1]) / 100);
    sayings.set(stem, shares);
  }
}
