import { readFileSync, writeFileSync } from 'node:fs';
import { matrixTargets, wholeTargets, type MatrixTarget } from '#tests/matrix/matrix-targets.ts';
import { resultText, withResult } from '#tests/matrix/report.ts';
import { runMatrix, together, type Wanted } from '#tests/matrix/run-matrix.ts';
import { matrixStates } from '#tests/matrix/states.ts';
import { ensureBubblewrap } from './bubblewrap.ts';

/**
 * `npm run matrix`: every model takes over from every other in every state of a conversation, streaming and not, in the real
 * server against strict stand-ins of the providers. Prints the table and writes it to docs/switching.md; ends with 1 when one did not hold.
 * `npm run matrix -- Gemini`: only from and to models with these words in their name, without writing the page.
 */
const page = 'docs/switching.md';
const only = process.argv[2] ?? '';

const squaresOf = (targets: readonly MatrixTarget[]): Wanted[] =>
  targets.flatMap((from) =>
    targets
      .filter((to) => to !== from && [from, to].some(({ name }) => name.includes(only)))
      .flatMap((to) => matrixStates.map((state) => ({ from, to, state }))),
  );
const [streaming, whole] = [squaresOf(matrixTargets), squaresOf(wholeTargets)];
await ensureBubblewrap(process.env.CROSSPOINT_NO_INSTALL !== '1');
console.log(
  `${streaming.length + whole.length} switches: ${matrixTargets.length} models, ${matrixStates.length} states, streaming and not …\n`,
);
const result = together(await runMatrix(streaming), await runMatrix(whole));
const day = new Date().toISOString().slice(0, 10);
console.log(resultText(result, day));
if (!only) {
  writeFileSync(page, withResult(readFileSync(page, 'utf8'), result, day));
  console.log(`Written to ${page}.`);
}
process.exitCode = result.squares.some(({ problems }) => problems?.length) ? 1 : 0;
