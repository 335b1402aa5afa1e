import { hash } from 'node:crypto';
import { stripped } from './documented.ts';
import type { SourceFile } from './corpora.ts';

/** A first sentence of documentation, and the definition that it described. */
export interface Question {
  text: string;
  path: string;
  line: number;
}

export interface Prepared {
  /** Without any comment that documents a function. */
  files: SourceFile[];
  questions: Question[];
}

const fewestWords = 5;
const mostWords = 30;

/** Takes the documentation out of files; what a sentence said that stands only once becomes a question. */
export async function prepare(files: readonly SourceFile[]): Promise<Prepared> {
  const bare: SourceFile[] = [];
  const asked: Question[] = [];
  for (const { path, text } of files) {
    const file = await stripped(path, text);
    if (!file) continue;
    bare.push({ path, text: file.text });
    for (const { sentence, startLine } of file.functions)
      if (sentence !== '') asked.push({ text: sentence, path, line: startLine });
  }
  const counts = new Map<string, number>();
  for (const { text } of asked) counts.set(text.toLowerCase(), (counts.get(text.toLowerCase()) ?? 0) + 1);
  const questions = asked.filter(({ text }) => {
    const words = text.split(/\s+/).length;
    return words >= fewestWords && words <= mostWords && counts.get(text.toLowerCase()) === 1;
  });
  return { files: bare, questions };
}

/** The same ones in each run, and spread over the whole. */
export function sample(questions: readonly Question[], count: number): Question[] {
  return questions
    .map((question) => ({ question, order: hash('sha256', `${question.path} ${question.text}`) }))
    .sort((one, other) => (one.order < other.order ? -1 : 1))
    .slice(0, count)
    .map(({ question }) => question);
}
