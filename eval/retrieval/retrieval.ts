import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChunker } from '#server/search/chunk/chunker.ts';
import { candidateCount } from '#server/search/code-search.ts';
import { rank } from '#server/search/rank/rank.ts';
import { createEmbeddedStore } from '#server/search/stores/embedded/embedded-store.ts';
import type { Chunk, WorkspaceIndex } from '#server/search/types.ts';
import { grepLike, plainFts } from './baselines.ts';
import { corpora, filesOf, type Corpus, type SourceFile } from './corpora.ts';
import { figuresOf, rankOf, shown, type Figures, type Place } from './figures.ts';
import { prepare, sample, type Question } from './questions.ts';

const batch = 64;
/** grep reads everything for every question: of so many it is asked. */
const grepQuestions = 200;

/**
 * Whether a search finds the function that somebody described: the question is the first sentence of its documentation, and no
 * documentation of any function is in the index. The code is that of packages on which nothing was fitted.
 * @returns whether every corpus that could be had reaches its bar
 */
export async function evaluateRetrieval(print: (line: string) => void): Promise<boolean> {
  let isGood = true;
  for (const corpus of corpora) {
    const figures = await measure(corpus, print);
    if (!figures) continue;
    const { mrr, recall } = corpus.bar;
    const isMet = figures.mrr >= mrr && figures.recall >= recall;
    print(`  ${corpus.name}: ${shown(figures)}, at least ${shown(corpus.bar)}: ${isMet ? 'met' : 'MISSED'}`);
    isGood &&= isMet;
  }
  return isGood;
}

async function measure(corpus: Corpus, print: (line: string) => void): Promise<Figures | null> {
  const asked: Question[] = [];
  const files: SourceFile[] = [];
  const origin = new Map<Question, string>();
  const bundles = new Set(corpus.sources.flatMap((source) => (source.isBundle ? [source.package] : [])));
  for (const source of corpus.sources) {
    const shipped = filesOf(source);
    if (shipped === null) {
      print(`  ${corpus.name}: skipped, npm could not get ${source.package}@${source.version}`);
      return null;
    }
    const prepared = await prepare(shipped);
    files.push(...prepared.files);
    if (source.split === 'dev') continue;
    for (const question of sample(prepared.questions, corpus.questions)) {
      asked.push(question);
      origin.set(question, source.package);
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-eval-'));
  const store = createEmbeddedStore({ folder });
  try {
    const index = store.workspace('eval');
    const chunks = await fill(index, files);
    print(
      `  ${corpus.name}: ${files.length} files, ${chunks.length} chunks, ${asked.length} questions (MRR@10 / recall@10)`,
    );
    for (const { name, find } of [plainFts(chunks), grepLike(chunks)]) {
      const questions = name.includes('grep') ? sample(asked, grepQuestions) : asked;
      print(
        `    ${name.padEnd(28)} ${shown(figuresOf(questions.map((question) => rankOf(question, find(question.text)))))}`,
      );
    }
    const ranks = new Map<Question, number | null>();
    for (const question of asked) ranks.set(question, rankOf(question, await best(index, question.text)));
    for (const name of new Set(origin.values())) {
      const own = asked.filter((question) => origin.get(question) === name);
      print(
        `    ours, on ${name.padEnd(19)} ${shown(figuresOf(own.map((question) => ranks.get(question) ?? null)))}`,
      );
    }
    const counted = asked.filter((question) => !bundles.has(origin.get(question) ?? ''));
    if (counted.length < asked.length)
      print(`    with the bundle              ${shown(figuresOf([...ranks.values()]))}`);
    return figuresOf(counted.map((question) => ranks.get(question) ?? null));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** As the server does it, in the same threads. */
export async function fill(index: WorkspaceIndex, files: readonly SourceFile[]): Promise<Chunk[]> {
  const chunker = createChunker();
  const all: Chunk[] = [];
  try {
    for (let at = 0; at < files.length; at += batch) {
      const cut = files.slice(at, at + batch).map(async ({ path, text }) => ({
        path,
        hash: '',
        chunks: await chunker.chunk(path, text),
      }));
      const ready = await Promise.all(cut);
      await index.put(ready);
      for (const { chunks } of ready) all.push(...chunks);
    }
  } finally {
    await chunker.close();
  }
  return all;
}

/** The best ten for a question, as `search_code` gives them. */
export async function best(index: WorkspaceIndex, text: string): Promise<Place[]> {
  return rank(text, await index.candidates({ text, limit: candidateCount }), 10);
}
