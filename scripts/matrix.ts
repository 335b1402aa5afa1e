import { readFileSync, writeFileSync } from 'node:fs';
import { matrixTargets } from '#tests/matrix/matrix-targets.ts';
import { resultText, withResult } from '#tests/matrix/report.ts';
import { runMatrix } from '#tests/matrix/run-matrix.ts';
import { matrixStates } from '#tests/matrix/states.ts';
import { ensureBubblewrap } from './bubblewrap.ts';

/**
 * `npm run matrix`: every model takes over from every other in every state of a conversation, in the real server against
 * strict stand-ins of the providers. Prints the table and writes it to docs/switching.md; ends with 1 when one did not hold.
 * `npm run matrix -- Gemini`: only from and to models with these words in their name, without writing the page.
 */
const page = 'docs/switching.md';
const only = process.argv[2] ?? '';

const wanted = matrixTargets.flatMap((from) =>
  matrixTargets
    .filter((to) => to !== from && [from, to].some(({ name }) => name.includes(only)))
    .flatMap((to) => matrixStates.map((state) => ({ from, to, state }))),
);
await ensureBubblewrap(process.env.CROSSPOINT_NO_INSTALL !== '1');
console.log(`${wanted.length} switches: ${matrixTargets.length} models, ${matrixStates.length} states …\n`);
const result = await runMatrix(wanted);
const day = new Date().toISOString().slice(0, 10);
console.log(resultText(result, day));
if (!only) {
  writeFileSync(page, withResult(readFileSync(page, 'utf8'), result, day));
  console.log(`Written to ${page}.`);
}
process.exitCode = result.squares.some(({ problems }) => problems?.length) ? 1 : 0;
