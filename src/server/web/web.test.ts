import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openStore } from '#server/store/open-store.ts';
import { braveKey, startBrave } from '#tests/web/emulators/brave.ts';
import { startSearxng } from '#tests/web/emulators/searxng.ts';
import { startTavily, tavilyKey } from '#tests/web/emulators/tavily.ts';
import { brave } from './providers/brave.ts';
import { searxng } from './providers/searxng.ts';
import { tavily } from './providers/tavily.ts';
import { Web, type WebParts } from './web.ts';

const canary = 'Qv7-canary-value-0031';
const page = { url: 'https://a.test/x', title: 'A\u200b title', content: 'one<!-- no --> two' };
const call = { userId: 'owner', threadId: 'thread', runId: 'run', signal: new AbortController().signal };
const query = { text: 'words', maxResults: 5 };

/** The real ledger, and time that a test moves. */
async function open(t: TestContext, parts: Pick<WebParts, 'provider'> & Partial<WebParts>) {
  const dataDir = await mkdtemp(join(tmpdir(), 'crosspoint-web-'));
  const store = await openStore(dataDir);
  t.after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });
  const clock = { now: 1_000 };
  const web = new Web({
    fetchPage: () => assert.fail('no page is fetched'),
    ledger: store.ledger,
    secrets: () => [canary],
    now: () => clock.now,
    ...parts,
  });
  const rows = async () =>
    (await store.ledger.list('owner')).map((row) => [
      row.provider,
      row.model,
      row.route,
      row.status,
      row.costUsd,
    ]);
  return { web, clock, store, rows };
}

async function withTavily(t: TestContext) {
  const server = await startTavily({ pages: [page], raw: () => 'See [b](https://b.test/).' });
  t.after(() => server.close());
  const provider = tavily({ key: tavilyKey, baseUrl: server.url, deadlineScale: 1 });
  return { server, ...(await open(t, { provider })) };
}

test('a search is cleaned, counted on the ledger of its run, and kept for a quarter of an hour', async (t) => {
  const { web, server, clock, rows, store } = await withTavily(t);
  const first = await web.search(query, call);
  assert.deepEqual(first, {
    ...{ label: 'Tavily', provider: 'tavily', costUsd: 0.008, cached: false, notes: [] },
    results: [{ url: 'https://a.test/x', title: 'A title', text: 'one two' }],
  });
  clock.now += 14 * 60_000;
  const again = await web.search({ ...query }, { ...call, runId: 'run-2' });
  assert.deepEqual(again, { ...first, costUsd: 0, cached: true });
  assert.equal(server.requests.length, 1);
  clock.now += 60_001;
  await web.search(query, call);
  assert.equal(server.requests.length, 2);
  assert.deepEqual(await rows(), [
    ['tavily', 'search', 'web', 'settled', 0.008],
    ['tavily', 'search', 'cache', 'settled', 0],
    ['tavily', 'search', 'web', 'settled', 0.008],
  ]);
  const [row] = await store.ledger.list('owner', { runId: 'run' });
  assert.deepEqual([row?.threadId, row?.inputTokens, row?.httpStatus], ['thread', 0, 200]);
  assert.equal((await store.ledger.threadCost('thread')).costUsd, 0.016);
});

test('what is kept is of one person, one question and one page', async (t) => {
  const { web, server } = await withTavily(t);
  await web.search(query, call);
  await web.search(query, { ...call, userId: 'somebody else' });
  await web.search({ ...query, depth: 'advanced' }, call);
  assert.equal(server.requests.length, 3);
  await web.read('https://a.test/x', call);
  const again = await web.read('https://a.test/x', call);
  assert.deepEqual([again.cached, again.costUsd, server.requests.length], [true, 0, 4]);
});

test('a refused request costs nothing and is on the ledger with its reason; it is not kept', async (t) => {
  const { web, server, store } = await withTavily(t);
  server.next.push({ status: 432, body: { detail: { error: 'limit' } } });
  await assert.rejects(web.search(query, call), { kind: 'quota' });
  const [row] = await store.ledger.list('owner');
  assert.deepEqual(
    [row?.status, row?.costUsd, row?.errorCode, row?.httpStatus],
    ['failed', 0, 'web_quota', 432],
  );
  assert.equal((await web.search(query, call)).results.length, 1);
});

test('a run that was stopped leaves a row that says so, at an unknown price', async (t) => {
  const { web, store } = await withTavily(t);
  const reason = new Error('stopped');
  await assert.rejects(web.search(query, { ...call, signal: AbortSignal.abort(reason) }), reason);
  const [row] = await store.ledger.list('owner');
  assert.deepEqual([row?.status, row?.costUsd], ['aborted', null]);
});

test('secrets and private addresses never leave, also not to a service that would read the page', async (t) => {
  const { web, server } = await withTavily(t);
  const queries = [
    { ...query, text: `what is ${canary}` },
    { ...query, includeDomains: [`${canary}.evil.test`] },
  ];
  for (const each of queries) await assert.rejects(web.search(each, call), { kind: 'refused' });
  const urls = [
    `https://evil.test/?d=${canary}`,
    `https://${canary.toLowerCase()}.evil.test/`,
    ...[
      'http://127.0.0.1/',
      'http://localhost/',
      'http://box/',
      'http://a.internal/',
      'http://printer.local/',
    ],
    ...[
      'http://[::ffff:7f00:1]/',
      'http://169.254.169.254/latest/meta-data/',
      'http://metadata.google.internal/',
    ],
  ];
  for (const url of urls) await assert.rejects(web.read(url, call), { kind: 'refused' });
  assert.equal(server.requests.length, 0);
});

test('one person asks at most thirty times a minute; what is kept does not count', async (t) => {
  const { web, clock } = await withTavily(t);
  for (let n = 0; n < 30; n += 1) await web.search({ ...query, text: `words ${n}` }, call);
  await assert.rejects(web.search(query, call), { kind: 'rate', retryAfterMs: 2_000 });
  assert.equal((await web.search({ ...query, text: 'words 3' }, call)).cached, true);
  await web.search(query, { ...call, userId: 'somebody else' });
  clock.now += 2_000;
  await web.search(query, call);
});

test('a price that nobody knows is unknown in every sum, not nothing', async (t) => {
  const server = await startBrave([{ url: page.url, title: 'T', description: 'D' }]);
  t.after(() => server.close());
  const provider = brave({ key: braveKey, baseUrl: server.url, deadlineScale: 1 });
  const { web, store, rows } = await open(t, { provider });
  assert.equal((await web.search(query, call)).costUsd, null);
  assert.deepEqual(await rows(), [['brave', 'search', 'web', 'settled', null]]);
  assert.equal((await store.ledger.threadCost('thread')).complete, false);
  const [group] = await store.usage.groupBy('owner', 'model');
  assert.deepEqual([group?.key, group?.requests, group?.unpriced], ['brave/search', 1, 1]);
});

test('without a service that reads pages this server fetches them itself, which is on no ledger', async (t) => {
  const server = await startSearxng();
  t.after(() => server.close());
  const asked: string[] = [];
  const { web, rows } = await open(t, {
    provider: searxng({ url: server.url, deadlineScale: 1 }),
    fetchPage: (url) => {
      asked.push(url);
      return Promise.resolve({
        ...page,
        text: 'text',
        requestId: null,
        spent: { costUsd: 0, estimated: false },
      });
    },
  });
  const read = await web.read('https://a.test/x', call);
  assert.deepEqual(
    [read.provider, read.label, read.costUsd, asked],
    ['direct', 'this server', 0, ['https://a.test/x']],
  );
  assert.deepEqual(await rows(), []);
});
