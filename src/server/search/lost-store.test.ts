import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { startQdrant } from '#tests/support/qdrant/server.ts';
import { eventually } from '#tests/support/eventually.ts';
import { createChunker } from './chunk/chunker.ts';
import { CodeSearch } from './code-search.ts';
import { createEmbeddedStore } from './stores/embedded/embedded-store.ts';
import { QdrantStore } from './stores/qdrant/qdrant-store.ts';

const skip = await cannotRun();

/** Our client and store of Qdrant against its strict stand-in, with the embedded store beside it. */
describe('a code search whose Qdrant goes away', { skip }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-lost-store-'));
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let qdrant: Awaited<ReturnType<typeof startQdrant>>;
  let store: Store;
  let search: CodeSearch;
  before(async () => {
    qdrant = await startQdrant();
    fixture = await localFixture();
    store = await openStore(dataDir);
    search = open('qdrant');
  });
  after(async () => {
    await search.close();
    await store.close();
    await fixture[Symbol.asyncDispose]();
    await qdrant[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true });
  });

  function open(primary: 'qdrant' | 'embedded'): CodeSearch {
    const embedded = createEmbeddedStore({ folder: join(dataDir, 'search') });
    const remote = new QdrantStore({
      url: qdrant.url,
      key: null,
      deadlineScale: 1,
      space: null,
      pause: () => Promise.resolve(),
    });
    return new CodeSearch({
      ...(primary === 'qdrant' ? { store: remote, fallback: embedded } : { store: embedded, fallback: null }),
      chunker: createChunker(),
      vectors: null,
      settings: store.settings,
      logger: { warn: () => undefined },
    });
  }
  async function reopen(primary: 'qdrant' | 'embedded'): Promise<void> {
    await search.close();
    search = open(primary);
  }
  async function workspace(id: string, name: string): Promise<Sandbox> {
    const sandbox = await fixture.provider.open(id);
    const code = `export function ${name}(value) {\n  return value.map((each) => each.${name} * 2).filter(Boolean);\n}\n`;
    await sandbox.files.write(`${name}.js`, Buffer.from(code));
    return sandbox;
  }
  const ask = (sandbox: Sandbox, text: string) =>
    search.search({
      sandbox,
      workspaceId: sandbox.id,
      text,
      limit: 3,
      asked: { userId: 'owner', threadId: 'thread', runId: 'run' },
      signal: new AbortController().signal,
    });
  const points = (workspaceId: string) =>
    [...qdrant.collections.values()]
      .flatMap((collection) => [...collection.points.values()])
      .filter(({ payload }) => payload?.['ws'] === workspaceId).length;
  const isDown = () => qdrant.setFault(() => 'refuse');
  const isBack = () => qdrant.setFault(() => undefined);

  test('searches go on in the embedded index, say so, and go back when it answers again', async () => {
    const sandbox = await workspace('one', 'doubleValues');
    assert.deepEqual((await ask(sandbox, 'double the values')).notes, []);
    isDown();
    const answer = await ask(sandbox, 'double the values');
    assert.equal(answer.hits[0]?.symbol, 'doubleValues');
    assert.match(answer.notes.join(' '), /Qdrant did not answer: the embedded index was searched/);
    await workspace('one', 'tripleValues');
    assert.equal((await ask(sandbox, 'triple the values')).hits[0]?.symbol, 'tripleValues');
    isBack();
    const back = await ask(sandbox, 'triple the values');
    assert.deepEqual([back.notes, back.hits[0]?.symbol], [[], 'tripleValues']);
  });

  test('a workspace that is removed meanwhile leaves Qdrant as soon as it answers, also after a restart', async () => {
    const [kept, gone] = [await workspace('kept', 'keptOne'), await workspace('gone', 'goneOne')];
    await ask(kept, 'keptOne');
    await ask(gone, 'goneOne');
    assert.ok(points('gone') > 0);
    isDown();
    await search.remove('gone');
    await reopen('qdrant');
    await ask(kept, 'keptOne');
    assert.ok(points('gone') > 0);
    isBack();
    await ask(kept, 'keptOne');
    await eventually('the rest is removed', () => points('gone') === 0);
    assert.ok(points('kept') > 0);
    await eventually(
      'it is forgotten',
      async () => (await store.settings.get('search.pending_removals')) === '[]',
    );
  });

  test('an index that somebody deleted is filled again', async () => {
    const sandbox = await workspace('wiped', 'wipedOne');
    await ask(sandbox, 'wipedOne');
    qdrant.collections.clear();
    await eventually('it is found again', async () => {
      const { hits, notes } = await ask(sandbox, 'wipedOne');
      return notes.length === 0 && hits[0]?.symbol === 'wipedOne';
    });
  });

  test('changing the store and changing back loses nothing, and what changed meanwhile is found', async () => {
    const sandbox = await workspace('moved', 'firstOne');
    await ask(sandbox, 'firstOne');
    const before = points('moved');
    await reopen('embedded');
    assert.equal((await ask(sandbox, 'firstOne')).hits[0]?.symbol, 'firstOne');
    await workspace('moved', 'secondOne');
    assert.equal(points('moved'), before);
    await reopen('qdrant');
    for (const name of ['firstOne', 'secondOne'])
      assert.equal((await ask(sandbox, name)).hits[0]?.symbol, name);
  });
});
