import { startProviders } from '#tests/upstreams/index.ts';
import { Crosspoint } from '#tests/support/crosspoint.ts';
import { attempt, type Attempt } from './attempt.ts';
import { readExercises } from './exercise.ts';
import { oracle } from './oracle.ts';
import { variants } from './variants.ts';

/**
 * The agent with a model that knows the solution: what keeps it from solving an exercise is our search, our edits, our review,
 * our sandbox or our handling of a provider. Providers are strict stand-ins on this machine; each exercise is given to another.
 * @returns whether every exercise was solved in every way, without a wrong edit and without an effect that nobody allowed
 */
export async function evaluateLoop(print: (line: string) => void): Promise<boolean> {
  const exercises = readExercises();
  const providers = await startProviders({ script: oracle(exercises) });
  const crosspoint = await Crosspoint.start(providers.env());
  try {
    const attempts: Attempt[] = [];
    for (const exercise of exercises)
      for (const variant of variants) {
        const each = await attempt(crosspoint, exercise, variant, attempts.length);
        // What this machine has is not what a sandbox has: it is found out in there.
        if (each.lacks !== null) print(`  skipped: ${exercise.name}, the sandbox has no ${each.lacks}`);
        if (each.lacks !== null) break;
        attempts.push(each);
      }
    report(print, attempts);
    const refused = providers.refusals.length;
    print(
      `  requests that a provider refused: ${refused}; mistakes of the oracle: ${providers.mistakes.length}`,
    );
    return refused === 0 && providers.mistakes.length === 0 && attempts.every(isGood);
  } finally {
    await crosspoint.remove();
    await providers.close();
  }
}

function isGood({ solved, wrong, unreviewed }: Attempt): boolean {
  return solved && wrong.length === 0 && unreviewed.length === 0;
}

function report(print: (line: string) => void, attempts: readonly Attempt[]): void {
  for (const { name } of variants) {
    const own = attempts.filter(({ variant }) => variant === name);
    const sum = (value: (attempt: Attempt) => number) => own.reduce((all, each) => all + value(each), 0);
    const searched = own.filter(({ foundFirst }) => foundFirst !== null);
    const found = searched.filter(({ foundFirst }) => foundFirst).length;
    const parts = [
      `solved ${own.filter(({ solved }) => solved).length} of ${own.length}`,
      `wrong edits ${sum(({ wrong }) => wrong.length)}`,
      `unreviewed effects ${sum(({ unreviewed }) => unreviewed.length)}`,
      `requests ${(sum(({ requests }) => requests) / own.length).toFixed(1)} each`,
      `reviews ${(sum(({ reviews }) => reviews) / own.length).toFixed(1)}`,
      searched.length ? `first hit of search_code right ${found} of ${searched.length}` : 'no search_code',
    ];
    print(`  ${name.padEnd(26)} ${parts.join(' · ')}`);
  }
  for (const failed of attempts.filter((each) => !isGood(each)))
    print(
      `  FAILED ${failed.exercise} (${failed.variant}): ${[...failed.wrong, ...failed.unreviewed].join('; ') || failed.ending}`,
    );
}
