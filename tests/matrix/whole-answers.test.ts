import { test } from 'node:test';
import assert from 'node:assert/strict';
import { wholeTargets as whole } from './matrix-targets.ts';
import { runMatrix, type Wanted } from './run-matrix.ts';
import { matrixStates } from './states.ts';

/** Each ordered pair once, in each of the states in turn. */
const wanted: Wanted[] = whole
  .flatMap((from) => whole.filter((to) => to !== from).map((to) => ({ from, to })))
  .map((pair, index) => ({
    ...pair,
    state: matrixStates[(index * 7) % matrixStates.length] as (typeof matrixStates)[number],
  }));

test('every model takes over from every other without streaming: all accepted, nothing lost, old turns as before', async () => {
  const { squares } = await runMatrix(wanted);
  const wrong = squares.flatMap(({ from, to, state, problems }) =>
    problems?.length ? [`${from.name} → ${to.name}, ${state.name}: ${problems.join('; ')}`] : [],
  );
  assert.deepEqual(wrong, []);
});
