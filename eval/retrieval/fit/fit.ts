import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { shown } from '../figures.ts';
import { devLanguages, development, workspacesOf, type Development } from './development.ts';
import { examplesOf, features, type Example } from './examples.ts';
import { learnLexicon } from './learn-lexicon.ts';
import { figuresWith, fitted } from './softmax.ts';

/**
 * Learns the lexicon and the weights of the ranking from the development code, and writes both into `src/server/search/rank`.
 * `--validate` leaves a quarter of the packages out, tells how well they are searched, and writes nothing. Needs npm, apt-get
 * and dpkg-deb, and takes some minutes. After it: `npm run eval -- retrieval`, on other code.
 */
const lexiconFile = new URL('../../../src/server/search/rank/lexicon.txt', import.meta.url);
const weightsFile = new URL('../../../src/server/search/rank/weights.ts', import.meta.url);

/**
 * Not fitted: every question here is about a function, so a fit would put everything else behind all of them, which is not what
 * people ask for.
 */
const fixed = { isClass: -1.5, isType: -2.5, isText: -2, isConstant: -1.5 };

const isValidation = process.argv.includes('--validate');
const isLeftOut = ({ source }: { source: string }) =>
  isValidation && parseInt(hash('sha256', source).slice(0, 4), 16) % 4 === 0;

const packages = development();
const lexiconBefore = readFileSync(lexiconFile);
const learned = await learnLexicon(packages.filter(({ name }) => !isLeftOut({ source: name })));
writeFileSync(lexiconFile, learned);
try {
  await fitWeights(packages);
} finally {
  if (isValidation) writeFileSync(lexiconFile, lexiconBefore);
}

async function fitWeights(all: readonly Development[]): Promise<void> {
  const examples: Example[] = [];
  for (const workspace of workspacesOf(all)) examples.push(...(await examplesOf(workspace)));
  const weights = fitted(
    examples.filter((example) => !isLeftOut(example)),
    fixed,
  );
  for (const language of devLanguages) {
    const own = examples.filter((example) => example.language === language);
    const asked = isValidation ? own.filter(isLeftOut) : own;
    console.log(`${language}: ${shown(figuresWith(weights, asked))} in ${asked.length} questions`);
  }
  if (isValidation) return;
  const lines = features.map((feature, at) => `  ${feature}: ${Number(weights[at]!.toFixed(2))},\n`).join('');
  const source = readFileSync(weightsFile, 'utf8');
  writeFileSync(weightsFile, source.replace(/(?<=export const weights = \{\n)[^}]*/, lines));
}
