import type { Hybrid } from './open-hybrid.ts';

/** Whether a configured model of vectors is used and why, as a sentence with what to do. */
export function describeHybrid({
  model,
  isUsed,
  verdict,
}: Pick<Hybrid, 'model' | 'isUsed' | 'verdict'>): string {
  if (!verdict)
    return `${model} is not measured yet, so words alone are searched. It is measured after the start, or by "npm run eval -- hybrid".`;
  const { queries, words, hybrid, gain } = verdict;
  const figures = `MRR@10 ${digits(words.mrr)} by words, ${digits(hybrid.mrr)} with ${model} (${queries} questions)`;
  if (!gain)
    return `${figures}: no sure gain, so words alone are searched. Choose another model, or leave it out.`;
  return isUsed ? `${figures}: used.` : `${figures}: a gain. Start again to use it.`;
}

function digits(value: number): string {
  return value.toFixed(2);
}
