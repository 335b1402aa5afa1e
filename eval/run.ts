import { evaluateEdits } from './edits/edits.ts';
import { evaluateHybrid } from './hybrid/hybrid.ts';
import { evaluateRetrieval } from './retrieval/retrieval.ts';
import { evaluateLoop } from './loop/loop.ts';

/**
 * `npm run eval [name …]`: what the agent's parts are worth, without a model, a key or the network; the same figures in each
 * run. Ends with 1 when one of them is under its bar.
 */
interface Evaluation {
  name: string;
  /** Prints its figures. @returns whether all bars are met */
  run(print: (line: string) => void): Promise<boolean>;
  /** It asks a model of the person's, so only where it is named. */
  asksModel?: true;
}

const evaluations: Evaluation[] = [
  { name: 'retrieval', run: evaluateRetrieval },
  { name: 'edits', run: evaluateEdits },
  { name: 'loop', run: evaluateLoop },
  { name: 'hybrid', run: evaluateHybrid, asksModel: true },
];

const wanted = process.argv.slice(2);
const failed: string[] = [];
for (const { name, run, asksModel } of evaluations) {
  if (wanted.length ? !wanted.includes(name) : asksModel) continue;
  console.log(`\n${name}`);
  if (!(await run(console.log))) failed.push(name);
}
console.log(failed.length ? `\nUnder the bar: ${failed.join(', ')}` : '\nAll bars are met.');
process.exitCode = failed.length ? 1 : 0;
