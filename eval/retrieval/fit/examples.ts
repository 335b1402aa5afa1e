import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { candidateCount } from '#server/search/code-search.ts';
import { featuresOf } from '#server/search/rank/features.ts';
import { weights, type Feature } from '#server/search/rank/weights.ts';
import { createEmbeddedStore } from '#server/search/stores/embedded/embedded-store.ts';
import { prepare, sample, type Question } from '../questions.ts';
import { fill } from '../retrieval.ts';
import type { SourceFile } from '../corpora.ts';
import type { Development, Language } from './development.ts';

export const features = Object.keys(weights) as Feature[];

/** Questions of each package, at most: a language of many packages gets fewer of each. */
const questionsOf: Record<Language, number> = { javascript: 150, python: 200, rust: 60 };

/** A question with what the store found for it. */
export interface Example {
  source: string;
  language: Language;
  candidates: number;
  /** Candidate by candidate, in the order of `features`. */
  values: Float32Array;
  /** Which candidates are the definition that is asked for; none when the store did not find it. */
  right: number[];
}

/** Asks a workspace as the server does. */
export async function examplesOf(workspace: readonly Development[]): Promise<Example[]> {
  const files: SourceFile[] = [];
  const asked: { question: Question; of: Development }[] = [];
  for (const of of workspace) {
    const prepared = await prepare(of.files);
    files.push(...prepared.files);
    for (const question of sample(prepared.questions, questionsOf[of.language])) asked.push({ question, of });
  }
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-fit-'));
  const store = createEmbeddedStore({ folder });
  try {
    const index = store.workspace('fit');
    await fill(index, files);
    const examples: Example[] = [];
    for (const { question, of } of asked) {
      const candidates = await index.candidates({ text: question.text, limit: candidateCount });
      const { found } = candidates;
      const right = found.flatMap((place, position) => (isRight(place, question) ? [position] : []));
      const known = featuresOf(question.text, candidates);
      const values = Float32Array.from(known.flatMap((each) => features.map((feature) => each[feature])));
      examples.push({ source: of.name, language: of.language, candidates: found.length, values, right });
    }
    return examples;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

function isRight(place: { path: string; startLine: number; endLine: number }, { path, line }: Question) {
  return place.path === path && place.startLine <= line && place.endLine >= line;
}
