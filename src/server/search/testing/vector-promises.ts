import assert from 'node:assert/strict';
import type { CodeStore, VectorSpace } from '../types.ts';
import { chunkOf, fileOf, find, symbols, type StoreBench } from './store-bench.ts';

/** Of the store's contract: what holds where files come with vectors. */
export const space: VectorSpace = { model: 'test/vectors', dimensions: 4 };

export async function findsByMeaning(_: StoreBench, store: CodeStore): Promise<void> {
  const near = fileOf('near.ts', [chunkOf({ symbol: 'sineOut' })], [[1, 0.1, 0, 0]]);
  const far = fileOf('far.ts', [chunkOf({ symbol: 'deceleration' })], [[0, 0, 1, 0]]);
  await store.workspace('w').put([near, far]);
  await store
    .workspace('other')
    .put([fileOf('secret.ts', [chunkOf({ symbol: 'secret' })], [[1, 0.1, 0, 0]])]);
  const vector = [1, 0, 0, 0];
  const [first, second, ...rest] = await find(store.workspace('w'), 'easing', vector);
  assert.deepEqual([first?.symbol, second?.symbol, rest.length], ['sineOut', 'deceleration', 0]);
  const both = await find(store.workspace('w'), 'deceleration', vector);
  assert.equal(both.length, 2);
  // First by words and second by meaning is more than first by meaning alone.
  assert.equal(both[0]?.symbol, 'deceleration');
}

export async function mixesVectors(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  const bare = fileOf('bare.ts', [chunkOf({ symbol: 'bare' })]);
  await index.put([bare, fileOf('dense.ts', [chunkOf({ symbol: 'dense' })], [[0, 1, 0, 0]])]);
  const vector = [0, 1, 0, 0];
  assert.equal((await find(index, 'bare dense', vector)).length, 2);
  assert.deepEqual(await symbols(store, 'w', 'bare'), ['bare']);
  await index.put([{ ...bare, vectors: [[0, 1, 0, 0]] }]);
  const found = await find(index, 'nothing', vector);
  assert.deepEqual(found.map(({ symbol }) => symbol).toSorted(), ['bare', 'dense']);
}

export async function changesSpace(bench: StoreBench, store: CodeStore): Promise<void> {
  const file = fileOf('a.ts', [chunkOf({ symbol: 'stays' })], [[1, 0, 0, 0]]);
  await store.workspace('w').put([file]);
  await store.close();
  const other = bench.open({ model: 'test/larger', dimensions: 8 });
  const wide = fileOf('a.ts', [chunkOf({ symbol: 'stays' })], [[1, 0, 0, 0, 0, 0, 0, 0]]);
  await other.workspace('w').put([wide]);
  assert.equal((await find(other.workspace('w'), 'x', [1, 0, 0, 0, 0, 0, 0, 0])).length, 1);
  await other.close();
  const back = bench.open(space);
  await back.workspace('w').put([file]);
  const found = await find(back.workspace('w'), 'x', [1, 0, 0, 0]);
  assert.deepEqual(
    found.map(({ symbol }) => symbol),
    ['stays'],
  );
  await back.removeWorkspace('w');
  await back.close();
  const last = bench.open(null);
  assert.deepEqual(await last.workspace('w').files(), new Map());
  await last.close();
}
