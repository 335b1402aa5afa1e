import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { termsOf } from './terms/fields.ts';
import { queryTerms } from './terms/query.ts';
import { chunkOf, fileOf, find, hashOf, symbols, type StoreBench } from './testing/store-bench.ts';
import { changesSpace, findsByMeaning, mixesVectors, space } from './testing/vector-promises.ts';
import type { Candidate, CodeStore, VectorSpace } from './types.ts';

const hostile = [
  '',
  '*',
  "a' OR '1'='1",
  '../other',
  '..',
  'a"b',
  'ws\u0000',
  '%',
  'Größe 世界 🙂',
  'x'.repeat(300),
];

/** What every store of code must hold. @param skip why it cannot be run here */
export function codeStoreContract(name: string, start: () => Promise<StoreBench>, skip?: string): void {
  const opened =
    (work: (bench: StoreBench, store: CodeStore) => Promise<void>, of = null as VectorSpace | null) =>
    async () => {
      await using bench = await start();
      const store = bench.open(of);
      try {
        await work(bench, store);
      } finally {
        await store.close();
      }
    };
  describe(name, skip === undefined ? {} : { skip }, () => {
    test('an empty workspace has no files and finds nothing', opened(findsNothing));
    test('a chunk is found by the words of its name, its path and its body, with its place', opened(finds));
    test('a file that is put again takes the place of what was there', opened(replaces));
    test('a file that is removed is found no more; others stay', opened(removes));
    test('workspaces never see each other, whatever they are called', opened(separates));
    test('a workspace is removed with everything, and others stay', opened(removesWorkspace));
    test('what was put is there for the next process', opened(survives));
    test('a file of thousands of chunks is all there, and gone when it shrinks', opened(takesBigFiles));
    test('every character of names and texts is kept', opened(keepsCharacters));
    test('files without a chunk, and chunks without a word, are no trouble', opened(takesEmptyFiles));
    test('a limit is one, and the best come first', opened(limits));
    test('by meaning: what shares no word is found by its vector', opened(findsByMeaning, space));
    test('files with and without vectors live together', opened(mixesVectors, space));
    test('another model of vectors loses nothing of what was there', opened(changesSpace, space));
  });
}

async function findsNothing(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  assert.deepEqual(await index.files(), new Map());
  assert.deepEqual((await index.candidates({ text: 'anything', limit: 10 })).found, []);
  await index.put([]);
  await index.removeFiles(['nothing.ts']);
  await store.removeWorkspace('w');
}

async function finds(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  const chunk = chunkOf({
    symbol: 'parseHTTPHeader',
    parent: 'Reader',
    text: 'reads the colour of a banana',
  });
  await index.put([
    fileOf('src/net/wire.ts', [chunk]),
    fileOf('other.ts', [chunkOf({ symbol: 'unrelated' })]),
  ]);
  for (const text of ['parse header', 'where is a banana?', 'reader', 'the wire', 'parseHTTPHeader']) {
    const [best, ...rest] = await find(index, text);
    assert.equal(best?.symbol, 'parseHTTPHeader', text);
    assert.equal(rest.length, 0, text);
  }
  const { found, rarity } = await index.candidates({ text: 'parse header nowhere', limit: 10 });
  // Each stands in one of two chunks; see `Candidates.rarity`.
  const rare = Math.log(1 + 1.5 / 1.5);
  assert.deepEqual([...rarity.keys()], queryTerms('parse header'));
  for (const value of rarity.values()) assert.ok(Math.abs(value - rare) < 0.001);
  const { score, terms, ...place } = found[0] as Candidate;
  assert.ok(score > 0);
  assert.deepEqual(terms.split(' ').toSorted(), termsOf(chunk.text).toSorted());
  const { text: _text, ...expected } = {
    ...chunk,
    path: 'src/net/wire.ts',
    hash: hashOf('src/net/wire.ts', [chunk]),
  };
  assert.deepEqual(place, expected);
}

async function replaces(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  const first = fileOf('a.ts', [chunkOf({ symbol: 'alphaOne' }), chunkOf({ symbol: 'alphaTwo' })]);
  const second = fileOf('a.ts', [chunkOf({ symbol: 'alphaThree' })]);
  await index.put([first, fileOf('b.ts', [chunkOf({ symbol: 'alphaFour' })])]);
  await index.put([first]);
  assert.deepEqual(await symbols(store, 'w', 'alpha'), ['alphaFour', 'alphaOne', 'alphaTwo']);
  await index.put([second]);
  assert.deepEqual(await symbols(store, 'w', 'alpha'), ['alphaFour', 'alphaThree']);
  assert.equal((await index.files()).get('a.ts'), second.hash);
  await index.put([first]);
  assert.deepEqual(await symbols(store, 'w', 'alpha'), ['alphaFour', 'alphaOne', 'alphaTwo']);
}

async function removes(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  const files = ['a.ts', 'a.ts.bak', 'dir/a.ts'].map((path) => fileOf(path, [chunkOf({ symbol: 'gone' })]));
  await index.put(files);
  await index.removeFiles(['a.ts', 'never-there.ts']);
  assert.deepEqual([...(await index.files()).keys()].toSorted(), ['a.ts.bak', 'dir/a.ts']);
  const left = await find(index, 'gone');
  assert.deepEqual(left.map(({ path }) => path).toSorted(), ['a.ts.bak', 'dir/a.ts']);
}

async function separates(_: StoreBench, store: CodeStore): Promise<void> {
  for (const [number, id] of hostile.entries())
    await store
      .workspace(id)
      .put([fileOf('same.ts', [chunkOf({ symbol: `thing${number}`, text: 'common' })])]);
  for (const [number, id] of hostile.entries()) {
    assert.deepEqual(await symbols(store, id, 'common'), [`thing${number}`], id);
    assert.equal((await store.workspace(id).files()).size, 1, id);
  }
  await store.workspace('*').removeFiles(['same.ts']);
  assert.deepEqual(await symbols(store, '*', 'common'), []);
  for (const [number, id] of hostile.entries())
    if (id !== '*') assert.deepEqual(await symbols(store, id, 'common'), [`thing${number}`], id);
}

async function removesWorkspace(_: StoreBench, store: CodeStore): Promise<void> {
  for (const id of ['one', 'two']) await store.workspace(id).put([fileOf('a.ts', [chunkOf({ symbol: id })])]);
  await store.removeWorkspace('one');
  await store.removeWorkspace('one');
  assert.deepEqual(await store.workspace('one').files(), new Map());
  assert.deepEqual(await symbols(store, 'one', 'one'), []);
  assert.deepEqual(await symbols(store, 'two', 'two'), ['two']);
  await store.workspace('one').put([fileOf('b.ts', [chunkOf({ symbol: 'again' })])]);
  assert.deepEqual(await symbols(store, 'one', 'again'), ['again']);
}

async function survives(bench: StoreBench, store: CodeStore): Promise<void> {
  const file = fileOf('a.ts', [chunkOf({ symbol: 'kept' })]);
  await store.workspace('w').put([file]);
  await store.close();
  const next = bench.open(null);
  try {
    assert.deepEqual(await next.workspace('w').files(), new Map([['a.ts', file.hash]]));
    assert.deepEqual(await symbols(next, 'w', 'kept'), ['kept']);
  } finally {
    await next.close();
  }
}

async function takesBigFiles(_: StoreBench, store: CodeStore): Promise<void> {
  const index = store.workspace('w');
  const chunks = Array.from({ length: 3_000 }, (_each, number) =>
    chunkOf({ symbol: `name${number}`, startLine: number + 1, endLine: number + 1 }),
  );
  await index.put([fileOf('big.ts', chunks)]);
  const [last] = await find(index, 'name2999');
  assert.equal(last?.startLine, 3_000);
  await index.put([fileOf('big.ts', chunks.slice(0, 1))]);
  assert.deepEqual(await symbols(store, 'w', 'name'), ['name0']);
}

async function keepsCharacters(_: StoreBench, store: CodeStore): Promise<void> {
  const path = 'ordner/größe \'n" \\ 世界\n🙂.ts';
  const file = fileOf(path, [
    chunkOf({ symbol: 'zähleÄpfel', parent: 'Обработчик', text: '名前を返す \u0000 🙂' }),
  ]);
  await store.workspace('w').put([file]);
  assert.deepEqual(await store.workspace('w').files(), new Map([[path, file.hash]]));
  for (const text of ['zähle äpfel', 'обработчик']) {
    const [found] = await find(store.workspace('w'), text);
    assert.deepEqual([found?.path, found?.symbol, found?.parent], [path, 'zähleÄpfel', 'Обработчик'], text);
  }
  await store.workspace('w').removeFiles([path]);
  assert.deepEqual(await store.workspace('w').files(), new Map());
}

async function takesEmptyFiles(_: StoreBench, store: CodeStore): Promise<void> {
  const empty = fileOf('-.ts', []);
  const signs = fileOf('signs.ts', [chunkOf({ symbol: '', text: '{};' })]);
  await store.workspace('w').put([empty, signs]);
  assert.equal((await store.workspace('w').files()).size, 2);
  for (const text of ['', '   ', '?!', 'nowhere']) {
    assert.deepEqual(await find(store.workspace('w'), text), [], text);
  }
}

async function limits(_: StoreBench, store: CodeStore): Promise<void> {
  const named = fileOf('a.ts', [chunkOf({ symbol: 'loadConfig' })]);
  const others = Array.from({ length: 40 }, (_each, number) =>
    fileOf(`m${number}.ts`, [chunkOf({ symbol: `other${number}`, text: 'mentions load once among words' })]),
  );
  await store.workspace('w').put([...others, named]);
  const { found } = await store.workspace('w').candidates({ text: 'load config', limit: 5 });
  assert.equal(found.length, 5);
  assert.equal(found[0]?.symbol, 'loadConfig');
  assert.deepEqual(
    found.map(({ score }) => score),
    found.map(({ score }) => score).toSorted((one, other) => other - one),
  );
}
