import type { Candidate, Candidates, Chunk, ChunkedFile, CodeStore } from '../types.ts';

/** What words and vectors find, for the same questions over the same chunks. */
export interface HybridFigures {
  queries: number;
  chunks: number;
  /** Mean reciprocal rank among the first ten, and the share of questions whose answer is among them. */
  words: { mrr: number; recall: number };
  hybrid: { mrr: number; recall: number };
  /** The mean gain in reciprocal rank, over its standard error. */
  certainty: number;
}

export interface MeasureParts {
  /** An empty one, for this alone; opened after the first vectors came. */
  store(): CodeStore;
  embedDocuments(chunks: readonly Chunk[]): Promise<readonly (readonly number[])[]>;
  embedQueries(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  rank(text: string, candidates: Candidates, limit: number): Candidate[];
}

interface Question {
  text: string;
  path: string;
  startLine: number;
}

const considered = 10;
/** Of which the ranking makes its choice, as in a search. */
const candidates = 200;
/** One-sided 95 %: a gain that could as well be chance is none. */
const certain = 1.645;

/**
 * Takes the first sentence of each function's doc comment as a question and the comment out of the code; then looks which
 * of both ways finds the function. The person's own model is measured, on code that nothing was tuned on for it.
 */
export async function measureHybrid(
  files: readonly ChunkedFile[],
  parts: MeasureParts,
): Promise<HybridFigures> {
  const { bare, questions } = withoutComments(files);
  const chunks = bare.flatMap((file) => file.chunks);
  const vectors = (await parts.embedDocuments(chunks)).values();
  const index = parts.store().workspace('measure');
  await index.put(
    bare.map((file) => ({ ...file, vectors: file.chunks.map(() => vectors.next().value as number[]) })),
  );
  const asked = await parts.embedQueries(questions.map(({ text }) => text));
  const ranks: { words: number; hybrid: number }[] = [];
  for (const [position, question] of questions.entries()) {
    const query = { text: question.text, limit: candidates };
    const byWords = parts.rank(query.text, await index.candidates(query), considered);
    const vector = asked[position] as readonly number[];
    const byBoth = parts.rank(query.text, await index.candidates({ ...query, vector }), considered);
    ranks.push({ words: reciprocalRank(byWords, question), hybrid: reciprocalRank(byBoth, question) });
  }
  return figuresOf(ranks, chunks.length);
}

export function showsGain({ certainty }: HybridFigures): boolean {
  return certainty >= certain;
}

/** Doc comments in the manner of JSDoc, at the beginning of a chunk. */
const docComment = /^\s*\/\*\*([\s\S]*?)\*\/\s*/;

function withoutComments(files: readonly ChunkedFile[]): { bare: ChunkedFile[]; questions: Question[] } {
  const questions: Question[] = [];
  const bare = files.map((file) => ({
    ...file,
    chunks: file.chunks.map((chunk) => {
      const comment = docComment.exec(chunk.text);
      if (!comment) return chunk;
      const text = firstSentence(comment[1] ?? '');
      const isFunction = chunk.kind === 'function' || chunk.kind === 'method';
      if (text && isFunction) questions.push({ text, path: chunk.path, startLine: chunk.startLine });
      return { ...chunk, text: chunk.text.slice(comment[0].length) };
    }),
  }));
  const times = Map.groupBy(questions, ({ text }) => text);
  return { bare, questions: questions.filter(({ text }) => times.get(text)?.length === 1) };
}

/** null unless it has 5 to 30 words: fewer say too little, more are no question. */
function firstSentence(comment: string): string | null {
  const words = comment.replaceAll(/^\s*\*/gm, ' ').replaceAll(/\{@\w+\s+([^}]*)\}/g, '$1');
  const [description = ''] = words.split(/(?:^|\s)@\w/, 1);
  const [sentence = ''] = description
    .replaceAll(/\s+/g, ' ')
    .trim()
    .split(/(?<=[.:;])\s/, 1);
  const count = sentence.split(' ').length;
  return count >= 5 && count <= 30 ? sentence : null;
}

function reciprocalRank(found: readonly Candidate[], { path, startLine }: Question): number {
  const position = found.findIndex((each) => each.path === path && each.startLine === startLine);
  return position < 0 ? 0 : 1 / (position + 1);
}

function figuresOf(ranks: readonly { words: number; hybrid: number }[], chunks: number): HybridFigures {
  const of = (way: 'words' | 'hybrid') => ({
    mrr: mean(ranks.map((rank) => rank[way])),
    recall: mean(ranks.map((rank) => Number(rank[way] > 0))),
  });
  const gains = ranks.map(({ words, hybrid }) => hybrid - words);
  const gain = mean(gains);
  const variance = mean(gains.map((each) => (each - gain) ** 2));
  // Not below the change of a single answer: where all gain the same, nothing is said about chance.
  const error = Math.max(Math.sqrt(variance / Math.max(1, ranks.length - 1)), 1 / Math.max(1, ranks.length));
  const certainty = gain / error;
  return { queries: ranks.length, chunks, words: of('words'), hybrid: of('hybrid'), certainty };
}

function mean(values: readonly number[]): number {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
}
