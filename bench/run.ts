import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { agentStep } from './agent-step.ts';
import { context } from './context.ts';
import { edit } from './edit.ts';
import { firstToken } from './first-token.ts';
import { gateway } from './gateway.ts';
import { ledger } from './ledger.ts';
import { longThread } from './long-thread.ts';
import { page } from './page.ts';
import { sandbox } from './sandbox.ts';
import { search } from './search.ts';
import { start } from './start.ts';
import { switching } from './switching.ts';
import { workspace } from './workspace.ts';
import { meets, type Benchmark, type Outcome } from './support/figures.ts';

/**
 * `npm run bench [name …]`: runs the benchmarks one after the other, prints a table and writes the figures as JSON under
 * `bench/results/`. Figures are compared within one run only: machines differ, and so does their load.
 */
const benchmarks: Benchmark[] = [
  ...[
    start,
    agentStep,
    firstToken,
    longThread,
    switching,
    context,
    page,
    gateway,
    ledger,
    sandbox,
    workspace,
    edit,
    search,
  ],
];

const wanted = process.argv.slice(2);
const results: { name: string; outcome: Outcome }[] = [];
for (const { name, run } of benchmarks) {
  if (wanted.length && !wanted.some((word) => name.includes(word))) continue;
  console.log(`\n${name}`);
  const outcome = await run();
  results.push({ name, outcome });
  print(outcome);
}

const at = new Date().toISOString();
mkdirSync('bench/results', { recursive: true });
const file = `bench/results/${at.replaceAll(':', '-')}.json`;
writeFileSync(
  file,
  `${JSON.stringify({ at, node: process.version, cpus: cpus().length, results }, null, 2)}\n`,
);
console.log(`\nWritten to ${file}`);

function print(outcome: Outcome): void {
  if ('skipped' in outcome) return console.log(`  skipped: ${outcome.skipped}`);
  for (const figure of outcome.figures) {
    const { name, value, unit, bar, atLeast, detail } = figure;
    const met = meets(figure);
    const against =
      bar === undefined ? '' : `  (${atLeast ? 'at least' : 'at most'} ${bar}: ${met ? 'met' : 'MISSED'})`;
    console.log(
      `  ${name.padEnd(46)} ${value.toFixed(value < 10 ? 2 : 1).padStart(9)} ${unit}${against}${detail ? `  ${detail}` : ''}`,
    );
  }
}
