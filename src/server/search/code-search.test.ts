import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, localFixture } from '#server/sandbox/local/testing/fixture.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { eventually } from '#tests/support/eventually.ts';
import { createChunker } from './chunk/chunker.ts';
import { CodeSearch } from './code-search.ts';
import { createEmbeddedStore } from './stores/embedded/embedded-store.ts';
import type { ChunkedFile } from './types.ts';

const skip = await cannotRun();

/** The real local sandbox, the embedded store and the chunker in their threads. */
describe('finding code in a workspace', { skip }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-search-'));
  const folder = join(dataDir, 'search');
  let fixture: Awaited<ReturnType<typeof localFixture>>;
  let search: CodeSearch;
  let store: Store;
  /** Paths that were cut and indexed, in order. */
  const cut: string[] = [];
  let count = 0;
  before(async () => {
    fixture = await localFixture();
    store = await openStore(dataDir);
    search = open();
  });
  after(async () => {
    await search.close();
    await store.close();
    await fixture[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true });
  });

  function open(): CodeSearch {
    const chunker = createChunker();
    const chunk = (path: string, text: string): Promise<ChunkedFile['chunks']> => {
      cut.push(path);
      return chunker.chunk(path, text);
    };
    return new CodeSearch({
      store: createEmbeddedStore({ folder }),
      fallback: null,
      chunker: { chunk, close: () => chunker.close() },
      vectors: null,
      settings: store.settings,
      logger: { warn: (_details, message) => assert.fail(message) },
    });
  }
  async function workspace(files: Record<string, string> = {}): Promise<Sandbox> {
    const sandbox = await fixture.provider.open(`code-${(count += 1)}`);
    for (const [path, text] of Object.entries(files)) await sandbox.files.write(path, Buffer.from(text));
    return sandbox;
  }
  async function run(sandbox: Sandbox, command: string): Promise<void> {
    const { exitCode, stderr } = await sandbox.exec(`set -e; ${command}`);
    assert.equal(exitCode, 0, stderr);
  }
  const ask = (sandbox: Sandbox, text: string, limit = 5) =>
    search.search({
      sandbox,
      workspaceId: sandbox.id,
      text,
      limit,
      asked: { userId: 'owner', threadId: 'thread', runId: 'run' },
      signal: new AbortController().signal,
    });
  async function found(sandbox: Sandbox, text: string): Promise<string[]> {
    const { hits, notes } = await ask(sandbox, text);
    assert.deepEqual(notes, []);
    return hits.map(({ path, symbol }) => `${path} ${symbol}`);
  }
  /** What was cut by the work. */
  async function cutBy(work: () => Promise<unknown>): Promise<string[]> {
    cut.length = 0;
    await work();
    return cut.toSorted();
  }
  const func = (name: string, words: string) =>
    `/** ${words} */\nexport function ${name}(value) {\n  const answer = value + ${name.length};\n  console.log('the answer of this one is', answer);\n  return answer;\n}\n`;

  test('the first search of a new workspace finds a function by what it does, with its lines as they are', async () => {
    const sandbox = await workspace({
      'src/net.js': `const x = 1;\n${func('retryRequest', 'Asks again after a delay when the server was busy.')}`,
      'src/math.js': func('sumOfSquares', 'Adds the squares of all numbers.'),
    });
    assert.equal(search.state(sandbox.id).state, 'new');
    const { hits, notes } = await ask(sandbox, 'retry a failed request');
    assert.deepEqual(notes, []);
    assert.equal(hits[0]?.path, 'src/net.js');
    assert.equal(hits[0].symbol, 'retryRequest');
    assert.ok(hits[0].lines.includes('export function retryRequest(value) {'));
    assert.equal(hits[0].lines[0], '/** Asks again after a delay when the server was busy. */');
    assert.deepEqual(search.state(sandbox.id), {
      state: 'ready',
      files: 2,
      done: 2,
      partial: [],
      problem: null,
    });
  });

  test('what a command changes, adds, moves or removes is found as it is, and only that is read again', async () => {
    const sandbox = await workspace({
      'a.js': func('parseConfig', 'Reads the configuration.'),
      'b.js': func('writeReport', 'Writes the report.'),
      'c.js': func('openSocket', 'Opens a socket.'),
    });
    assert.deepEqual(await cutBy(() => found(sandbox, 'configuration')), ['a.js', 'b.js', 'c.js']);
    assert.deepEqual(await cutBy(() => found(sandbox, 'configuration')), []);
    await run(
      sandbox,
      `sed -i 's/parseConfig/loadSettings/; s/configuration/settings/' a.js; mv c.js d.js; rm b.js`,
    );
    assert.deepEqual(await cutBy(() => found(sandbox, 'settings')), ['a.js', 'd.js']);
    assert.equal((await found(sandbox, 'load settings'))[0], 'a.js loadSettings');
    assert.deepEqual(await found(sandbox, 'report'), []);
    assert.deepEqual(await found(sandbox, 'parseConfig'), []);
    assert.deepEqual(await found(sandbox, 'socket'), ['d.js openSocket']);
  });

  test('two changes within one tick of the clock, of one size, are both seen', async () => {
    const sandbox = await workspace({ 'a.js': func('alphaOne', 'First.') });
    assert.deepEqual(await found(sandbox, 'alphaOne'), ['a.js alphaOne']);
    for (const name of ['alphaTwo', 'alphaSix', 'alphaTen']) {
      await sandbox.files.write('a.js', Buffer.from(func(name, 'First.')));
      assert.deepEqual(await found(sandbox, name), [`a.js ${name}`]);
    }
  });

  test('after a restart nothing is read again that did not change, and what changed meanwhile is found', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `part${index}`);
    const sandbox = await workspace(
      Object.fromEntries(names.map((name) => [`${name}.js`, func(`${name}Handler`, `Handles ${name}.`)])),
    );
    await found(sandbox, 'part7Handler');
    await search.close();
    search = open();
    await sandbox.files.write('part8.js', Buffer.from(func('part8Changed', 'Handles it otherwise.')));
    assert.deepEqual(await cutBy(() => found(sandbox, 'part7Handler')), ['part8.js']);
    assert.equal((await ask(sandbox, 'part8Changed')).hits[0]?.symbol, 'part8Changed');
  });

  test('a file that comes to be ignored, or binary, leaves the index', async () => {
    const sandbox = await workspace({
      'keep.js': func('keepThis', 'Stays.'),
      'secret.js': func('secretThing', 'Goes.'),
      'turned.js': func('turnedThing', 'Turns.'),
    });
    assert.equal((await found(sandbox, 'secretThing'))[0], 'secret.js secretThing');
    await run(sandbox, `echo secret.js > .gitignore; printf 'turnedThing\\0\\0' > turned.js`);
    const places = [...(await found(sandbox, 'secretThing')), ...(await found(sandbox, 'turnedThing'))];
    assert.deepEqual(
      places.filter((place) => !place.startsWith('keep.js')),
      [],
    );
    assert.equal(search.state(sandbox.id).files, 2);
  });

  test('searches that come at the same time, of two threads, read the files once', async () => {
    const sandbox = await workspace({
      'a.js': func('sharedOne', 'Shared.'),
      'b.js': func('sharedTwo', 'Shared.'),
    });
    const answers = await cutBy(() =>
      Promise.all(Array.from({ length: 6 }, () => found(sandbox, 'sharedOne'))),
    );
    assert.deepEqual(answers, ['a.js', 'b.js']);
  });

  test('the index follows in the background, and nothing of a removed workspace stays', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 210 }, (_, index) => [`f${index}.js`, func(`many${index}`, 'Many.')]),
    );
    const sandbox = await workspace();
    await run(sandbox, 'true');
    for (const [path, text] of Object.entries(files)) await sandbox.files.write(path, Buffer.from(text));
    const kept = readdirSync(folder).length;
    search.follow(sandbox.id, sandbox);
    await eventually('the index is made', () => search.state(sandbox.id).state === 'ready');
    assert.equal(search.state(sandbox.id).done, 210);
    assert.ok(readdirSync(folder).length > kept);
    for (const name of readdirSync(folder))
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    search.follow(sandbox.id, sandbox);
    await search.remove(sandbox.id);
    assert.equal(readdirSync(folder).length, kept);
    assert.equal(search.state(sandbox.id).state, 'new');
  });

  test('a workspace that is removed while it is read leaves nothing', async () => {
    const text = func('slowOne', 'Slow.').repeat(2_000);
    const sandbox = await workspace(
      Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`l${at}.js`, text])),
    );
    const kept = readdirSync(folder).length;
    const asked = ask(sandbox, 'slowOne').then(
      () => 'answered',
      () => 'refused',
    );
    await eventually('the index is made', () => search.state(sandbox.id).state === 'indexing');
    await search.remove(sandbox.id);
    assert.equal(await asked, 'refused');
    assert.equal(readdirSync(folder).length, kept);
  });
});
