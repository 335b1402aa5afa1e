import { contentWords } from '#server/search/terms/query.ts';
import { stemOf, wordsOf } from '#server/search/terms/words.ts';
import { stripped } from '../documented.ts';
import type { Development } from './development.ts';

/** What a sentence says, what the name says, and in which package; as stems. */
interface Pair {
  source: string;
  said: string[];
  named: string[];
}

const rounds = 6;
const mostWords = 20;
/** A word of a name that stands in fewer names is not learned, and of each only these are kept. */
const fewestNames = 4;
const fewestSources = 3;
const leastShare = 0.02;
const mostSayings = 12;
/** Stands for words that are said for none of the name. */
const nothing = '';

type Table = Map<string, Map<string, number>>;

/**
 * Which words are said for those of names: IBM's first model of translation (Brown et al. 1993), from the names of functions
 * to the first sentences of their documentation.
 * @returns the text of `lexicon.txt`
 */
export async function learnLexicon(packages: readonly Development[]): Promise<string> {
  const pairs = await pairsOf(packages);
  let table = firstTable(pairs);
  for (let round = 0; round < rounds; round++) table = improved(table, pairs);
  return printed(table, pairs);
}

async function pairsOf(packages: readonly Development[]): Promise<Pair[]> {
  const known = new Set<string>();
  const pairs: Pair[] = [];
  for (const { name: source, files } of packages)
    for (const { path, text } of files)
      for (const { name, sentence } of (await stripped(path, text))?.functions ?? []) {
        const said = [...new Set(contentWords(sentence).map(stemOf))].slice(0, mostWords);
        const named = [...new Set(wordsOf(name).map(stemOf))];
        if (said.length < 2 || named.length === 0 || known.has(name + sentence)) continue;
        known.add(name + sentence);
        pairs.push({ source, said, named });
      }
  return pairs;
}

function firstTable(pairs: readonly Pair[]): Table {
  return counted(pairs, (named, said) => (named === nothing ? 0.5 : named === said ? 2 : 1));
}

function improved(table: Table, pairs: readonly Pair[]): Table {
  return counted(pairs, (named, said) => table.get(named)?.get(said) ?? 0);
}

/** Shares each said word among the words of its name, by how likely each is to have it said. */
function counted(pairs: readonly Pair[], likelihood: (named: string, said: string) => number): Table {
  const table: Table = new Map();
  for (const { said, named } of pairs) {
    const words = [nothing, ...named];
    for (const word of said) {
      const likely = words.map((each) => likelihood(each, word));
      const total = likely.reduce((sum, each) => sum + each, 0);
      if (total === 0) continue;
      for (const [position, each] of words.entries()) {
        const row = table.get(each) ?? new Map<string, number>();
        table.set(each, row.set(word, (row.get(word) ?? 0) + likely[position]! / total));
      }
    }
  }
  for (const row of table.values()) {
    const total = [...row.values()].reduce((sum, each) => sum + each, 0);
    for (const [word, count] of row) row.set(word, count / total);
  }
  return table;
}

function printed(table: Table, pairs: readonly Pair[]): string {
  const names = new Map<string, number>();
  const sources = new Map<string, Set<string>>();
  for (const { source, said, named } of pairs)
    for (const each of named) {
      names.set(each, (names.get(each) ?? 0) + 1);
      for (const word of said) {
        const key = `${each} ${word}`;
        sources.set(key, (sources.get(key) ?? new Set()).add(source));
      }
    }
  const lines: string[] = [];
  for (const [each, row] of table) {
    if (each === nothing || names.get(each)! < fewestNames) continue;
    const sayings = [...row]
      .filter(([word, share]) => share >= leastShare || (word === each && share >= leastShare * 0.75))
      .filter(([word]) => word === each || sources.get(`${each} ${word}`)!.size >= fewestSources)
      .sort(([, one], [, other]) => other - one)
      .slice(0, mostSayings)
      .map(([word, share]) => `${word} ${Math.max(1, Math.round(share * 100))}`);
    if (sayings.length > 0) lines.push([each, ...sayings].join(' '));
  }
  return lines.sort().join('\n') + '\n';
}
