import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { collectionName } from '#server/search/stores/qdrant/collection.ts';
import { QdrantStore, type QdrantStoreOptions } from '#server/search/stores/qdrant/qdrant-store.ts';
import { chunkOf, fileOf, find, symbols } from '#server/search/testing/store-bench.ts';
import type { EmbeddedFile } from '#server/search/types.ts';
import { Collection } from '#tests/support/qdrant/collection.ts';
import { startQdrant, type QdrantRequest, type QdrantServerOptions } from '#tests/support/qdrant/server.ts';

async function openBench(server: QdrantServerOptions = {}, changes: Partial<QdrantStoreOptions> = {}) {
  const qdrant = await startQdrant(server);
  const pauses: number[] = [];
  const store = new QdrantStore({
    url: qdrant.url,
    key: server.key ?? null,
    deadlineScale: 1,
    space: null,
    random: () => 0.5,
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
    ...changes,
  });
  return {
    qdrant,
    store,
    pauses,
    index: store.workspace('w'),
    async [Symbol.asyncDispose]() {
      await store.close();
      await qdrant[Symbol.asyncDispose]();
    },
  };
}

const version = (number: number, chunks = 1): EmbeddedFile =>
  fileOf(
    'a.ts',
    Array.from({ length: chunks }, () => chunkOf({ symbol: `version${number}` })),
  );
const unavailable = (detail: RegExp) => (cause: unknown) =>
  cause instanceof CrosspointError && cause.code === 'code_search_unavailable' && detail.test(cause.message);
const isUpsert = ({ method, path }: QdrantRequest) => method === 'PUT' && path.endsWith('/points');
const isFileUpsert = (request: QdrantRequest) =>
  isUpsert(request) &&
  (request.body as { points: { payload: { record: string } }[] }).points[0]?.payload.record === 'file';
const sizeOf = ({ body }: QdrantRequest) => (body as { points: unknown[] }).points.length;
const isDelete = ({ path }: QdrantRequest) => path.endsWith('/points/delete');

test('every request about points names its workspace, first of all that must hold', async () => {
  await using bench = await openBench({}, { space: { model: 'm', dimensions: 2 } });
  await bench.index.put([{ ...version(1), vectors: [[1, 0]] }]);
  await find(bench.index, 'version', [1, 0]);
  await bench.index.files();
  await bench.index.removeFiles(['a.ts']);
  await bench.store.removeWorkspace('w');
  const own = { key: 'ws', match: { value: 'w' } };
  let filters = 0;
  for (const { path, body } of bench.qdrant.requests.filter((each) => each.path.includes('/points'))) {
    const { points, ids, searches, ...rest } = body as Record<
      string,
      { payload?: object; filter?: object }[]
    >;
    const filtered = searches ?? (points || ids ? [] : [rest]);
    for (const { filter, params } of filtered as { filter?: { must?: object[] }; params?: object }[]) {
      filters++;
      assert.deepEqual(filter?.must?.[0], own, path);
      if (searches) assert.deepEqual((params as { idf: { corpus: unknown } }).idf.corpus, filter, path);
    }
    for (const { payload } of points ?? []) assert.equal((payload as { ws: string }).ws, 'w');
  }
  assert.ok(filters >= 6);
});

/** Every try of such a request fails: as when the process is gone. */
function brokenFrom(when: (request: QdrantRequest) => boolean, fault: 'refuse' | 'lost') {
  return (request: QdrantRequest) => (when(request) ? fault : undefined);
}

test('a crash while a file is put leaves the version before or the new one, whole, and the next put mends it', async () => {
  const moments: [string, ReturnType<typeof brokenFrom>, 1 | 2][] = [
    [
      'a batch of chunks does not arrive',
      brokenFrom((each) => isUpsert(each) && sizeOf(each) < 256, 'refuse'),
      1,
    ],
    ['the chunks are there, the file is not', brokenFrom(isFileUpsert, 'refuse'), 1],
    ['the file is there, and nobody was told', brokenFrom(isFileUpsert, 'lost'), 2],
    ['what is old is not deleted', brokenFrom(isDelete, 'refuse'), 2],
  ];
  for (const [moment, fault, visible] of moments) {
    await using bench = await openBench();
    await bench.index.put([version(1, 300)]);
    bench.qdrant.setFault(fault);
    await assert.rejects(bench.index.put([version(2, 300)]), unavailable(/reached/), moment);
    bench.qdrant.setFault(() => undefined);
    const found = await symbols(bench.store, 'w', 'version');
    assert.deepEqual(new Set(found), new Set([`version${visible}`]), moment);
    assert.equal((await bench.index.files()).get('a.ts'), version(visible, 300).hash, moment);
    await bench.index.put([version(3, 2)]);
    assert.deepEqual(await symbols(bench.store, 'w', 'version'), ['version3', 'version3'], moment);
    // Nothing of the others is left: two chunks, one file.
    assert.equal(bench.qdrant.collections.get(collectionName(null))?.points.size, 3, moment);
  }
});

test('what may pass by itself is tried again with growing pauses, not less than the server asks for', async () => {
  const faults = [
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
    { status: 429 },
    { status: 503 },
    'refuse' as const,
  ];
  let count = 0;
  await using bench = await openBench({ fault: (each) => (isUpsert(each) ? faults[count++] : undefined) });
  await bench.index.put([version(1)]);
  assert.deepEqual(await symbols(bench.store, 'w', 'version'), ['version1']);
  assert.deepEqual(bench.pauses, [7_000, 750, 1_500, 3_000, 6_000]);
});

test('what will not pass is told at once, with what to do', async () => {
  const expected: [QdrantServerOptions, RegExp][] = [
    [{ fault: () => ({ status: 403 }) }, /Check QDRANT_API_KEY/],
    [{ fault: () => ({ status: 422 }) }, /refused the request \(422: injected\)/],
    [{ version: '1.10.1' }, /Version 1\.10\.1 is too old\. Use 1\.11/],
    [{ fault: () => ({ redirect: 'http://127.0.0.1:9/' }) }, /cannot be reached/],
  ];
  for (const [server, detail] of expected) {
    await using bench = await openBench(server);
    await assert.rejects(bench.index.files(), unavailable(detail), String(detail));
  }
  await using locked = await openBench({ key: 'right' }, { key: 'wrong' });
  await assert.rejects(locked.index.files(), unavailable(/refused the key/));
});

test('the key is never carried to another address', async () => {
  await using other = await startQdrant();
  await using bench = await openBench({ key: 'k', fault: () => ({ redirect: `${other.url}/` }) });
  await assert.rejects(bench.index.files(), unavailable(/cannot be reached/));
  assert.equal(other.requests.length, 0);
});

test('a server that does not answer is given up, a search sooner than a write', async () => {
  await using bench = await openBench({ fault: () => 'hang' }, { deadlineScale: 0.001 });
  await assert.rejects(find(bench.index, 'x'), unavailable(/did not answer in time/));
  assert.equal(bench.qdrant.requests.length, 2);
});

test('a server that was down at the start is used as soon as it is there', async () => {
  const first = await startQdrant();
  await first[Symbol.asyncDispose]();
  const store = new QdrantStore({
    url: first.url,
    key: null,
    deadlineScale: 1,
    space: null,
    pause: () => Promise.resolve(),
  });
  await assert.rejects(store.workspace('w').files(), unavailable(/ECONNREFUSED/));
  await using _back = await startQdrant({ port: first.port });
  await store.workspace('w').put([version(1)]);
  assert.deepEqual(await symbols(store, 'w', 'version'), ['version1']);
  await store.close();
});

test('a collection that is not ours is left alone, and one that was removed is told, then made anew', async () => {
  await using bench = await openBench();
  const name = collectionName(null);
  const foreign = { vectors: { dense: { size: 3, distance: 'Dot' as const } } };
  bench.qdrant.collections.set(name, new Collection(foreign));
  await bench.index.put([version(1)]);
  assert.deepEqual([...bench.qdrant.collections.keys()], [name, `${name}_2`]);
  assert.deepEqual(bench.qdrant.collections.get(name)?.form, foreign);
  bench.qdrant.collections.delete(`${name}_2`);
  await assert.rejects(find(bench.index, 'version'), unavailable(/no such collection/));
  assert.deepEqual(await bench.index.files(), new Map());
});

test('batches stay small and few are on their way at a time', async () => {
  const dimensions = 1_536;
  await using bench = await openBench({}, { space: { model: 'm', dimensions } });
  const chunks = Array.from({ length: 700 }, (_each, number) => chunkOf({ symbol: `name${number}` }));
  const vectors = chunks.map((_each, number) =>
    Array.from({ length: dimensions }, (_value, at) => Math.sin(number + at)),
  );
  await bench.index.put([fileOf('big.ts', chunks, vectors)]);
  const upserts = bench.qdrant.requests.filter(isUpsert);
  assert.ok(upserts.length >= 4);
  for (const { body, bytes } of upserts) {
    assert.ok((body as { points: unknown[] }).points.length <= 256);
    assert.ok(bytes < 8_000_000);
  }
  assert.ok(bench.qdrant.atOnce.most <= 4);
});

test('a server before 1.19 is asked without the frequencies of a workspace', async () => {
  await using bench = await openBench({ version: '1.18.2' });
  await bench.index.put([version(1)]);
  assert.deepEqual(await symbols(bench.store, 'w', 'version'), ['version1']);
  assert.ok(!JSON.stringify(bench.qdrant.requests).includes('"idf":{'));
});

test('no line of code leaves for the server', async () => {
  await using bench = await openBench();
  await bench.index.put([fileOf('a.ts', [chunkOf({ text: 'const password = "a b c"; // do not tell' })])]);
  const sent = JSON.stringify(bench.qdrant.requests);
  assert.ok(sent.includes('password') && !sent.includes('password =') && !sent.includes('// do'));
});

test('a file that came without its vectors is asked for again', async () => {
  await using bench = await openBench({}, { space: { model: 'm', dimensions: 2 } });
  await bench.index.put([version(1), fileOf('empty.ts', [])]);
  const files = await bench.index.files();
  assert.equal(files.get('a.ts'), '');
  assert.notEqual(files.get('empty.ts'), '');
  await bench.index.put([{ ...version(1), vectors: [[1, 0]] }]);
  assert.equal((await bench.index.files()).get('a.ts'), version(1).hash);
});
