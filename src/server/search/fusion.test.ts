import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fuse } from './fusion.ts';
import { VectorTable } from './vectors/vector-table.ts';

test('what both lists have comes before what one has, each worth 1 / (60 + rank)', () => {
  const fused = fuse(
    [
      ['a', 'b', 'c'],
      ['d', 'b'],
    ],
    (item) => item,
  );
  assert.deepEqual(
    fused.map(({ item }) => item),
    ['b', 'a', 'd', 'c'],
  );
  assert.equal(fused[0]?.score, 1 / 62 + 1 / 62);
  assert.deepEqual(fuse([], String), []);
});

test('only the best hundred of a list count', () => {
  const long = Array.from({ length: 150 }, (_each, number) => number);
  assert.equal(fuse([long], String).length, 100);
});

test('neighbours are those of the exact cosine, whatever the scale of a vector', () => {
  const table = new VectorTable(new DatabaseSync(':memory:'));
  const vectors = Array.from({ length: 1_200 }, (_each, chunk) =>
    Array.from({ length: 16 }, (_value, at) => Math.sin(chunk * 7 + at * at) * (1 + (chunk % 5))),
  );
  for (const [chunk, vector] of vectors.entries()) table.put(chunk, vector);
  table.put(5_000, [1, 2, 3]);
  const query = vectors[77] as number[];
  const found = table.nearest(query, 10);
  const exact = vectors.map((vector, chunk) => ({ chunk, score: cosine(query, vector) }));
  exact.sort((one, other) => other.score - one.score);
  assert.equal(found[0]?.chunk, 77);
  assert.equal(found.length, 10);
  for (const { chunk, score } of found) {
    assert.ok(Math.abs(score - cosine(query, vectors[chunk] as number[])) < 0.02);
    assert.ok(score > (exact[10]?.score ?? 0) - 0.02);
  }
  table.remove(77);
  assert.notEqual(table.nearest(query, 1)[0]?.chunk, 77);
});

function cosine(one: readonly number[], other: readonly number[]): number {
  const product = one.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
  return product / (Math.hypot(...one) * Math.hypot(...other));
}
