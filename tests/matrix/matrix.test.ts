import { test } from 'node:test';
import assert from 'node:assert/strict';
import { matrixTargets } from './matrix-targets.ts';
import { runMatrix, type Wanted } from './run-matrix.ts';
import { matrixStates } from './states.ts';

/** Each ordered pair once, in each state in turn, and each third one in a loop or at a review as well. */
const pairs = matrixTargets.flatMap((from) =>
  matrixTargets.filter((to) => to !== from).map((to) => ({ from, to })),
);
const stateAt = (index: number) => matrixStates[index % matrixStates.length] as (typeof matrixStates)[number];
const wanted: Wanted[] = pairs.flatMap((pair, index) => [
  ...(index % 3 ? [] : [{ ...pair, state: stateAt(index % 2 ? 1 : 2) }]),
  { ...pair, state: stateAt(index + Math.floor(index / matrixStates.length)) },
]);

test('every model takes over from every other: all accepted, nothing lost, nothing stored changed, old turns as before', async () => {
  const { squares } = await runMatrix(wanted);
  const wrong = squares.flatMap(({ from, to, state, problems }) =>
    problems?.length ? [`${from.name} → ${to.name}, ${state.name}: ${problems.join('; ')}`] : [],
  );
  assert.deepEqual(wrong, []);
  assert.ok(squares.filter(({ problems }) => problems !== null).length > 0.9 * wanted.length);
});
