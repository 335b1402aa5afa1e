import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Reply } from '#server/agent/testing/scripted-gateway.ts';
import { openWorkbench, user, type Workbench } from '#server/agent/testing/workbench.ts';
import { createTools } from '#server/agent/tools/index.ts';
import { tavily } from '#server/web/providers/tavily.ts';
import { Web } from '#server/web/web.ts';
import { startTavily, tavilyKey, type Tavily } from './emulators/tavily.ts';

const found = {
  url: 'https://docs.test/guide',
  title: 'Guide',
  content: 'A guide.',
  published_date: '2026-10-10',
};
const long = `# Guide\n\nSee [more](https://docs.test/more?a=1).\n\n${'word '.repeat(4_000)}`;

let server: Tavily;
let bench: Workbench;
let replies: Reply[] = [];
before(async () => {
  const raw: Record<string, string> = {
    'https://docs.test/guide': long,
    'https://docs.test/more?a=1': 'More.',
    'https://docs.test/composed?d=1': 'Composed.',
  };
  server = await startTavily({ pages: [found], raw: (url) => raw[url] });
  const ledger = () => bench.store.ledger;
  const web = new Web({
    provider: tavily({ key: tavilyKey, baseUrl: server.url, deadlineScale: 1 }),
    fetchPage: () => assert.fail('no page is fetched here'),
    ledger: {
      reserve: (row) => ledger().reserve(row),
      settle: (id, result) => ledger().settle(id, result),
      recordHit: (hit) => ledger().recordHit(hit),
    },
    secrets: () => [tavilyKey],
  });
  bench = await openWorkbench(() => replies.shift() ?? { text: 'done' }, { tools: createTools({ web }) });
});
after(async () => {
  await bench.close();
  await server.close();
});

const search = (args: object = { query: 'guide' }): Reply => ({ calls: [{ name: 'web_search', args }] });
const read = (url: string, offset?: number): Reply => ({
  calls: [{ name: 'read_page', args: offset === undefined ? { url } : { url, offset } }],
});

async function run(message: string, given: Reply[], mode: 'ask' | 'auto' = 'ask') {
  replies = given;
  server.requests.length = 0;
  const answer = await bench.run({ message, approvalMode: mode });
  return { answer, threadId: answer.threadId, results: await bench.results(answer.threadId) };
}

const pagesRead = () =>
  server.requests.flatMap(({ path, body }) => (path === '/extract' ? (body as { urls: string[] }).urls : []));

test('a model searches, reads what was found, follows its links and reads on, and nobody is asked', async () => {
  const { answer, threadId, results } = await run('Look it up.', [
    search({ query: 'guide', maxResults: 3 }),
    read(found.url),
    read(found.url, 12_000),
    read('https://docs.test/more?a=1#part'),
  ]);
  assert.ok('response' in answer && answer.response === 'done');
  assert.deepEqual(
    results.map(({ status, name }) => [name, status]),
    [['web_search', 'ok'], ...Array.from({ length: 3 }, () => ['read_page', 'ok'])],
  );
  const [searched, first, second, more] = results;
  assert.deepEqual(searched?.web, {
    provider: 'tavily',
    sources: [{ url: found.url, title: 'Guide', publishedAt: '2026-10-10' }],
    costUsd: 0.008,
    cached: false,
  });
  assert.match(
    searched.text,
    /title: Guide\nurl: https:\/\/docs\.test\/guide\ndate: 2026-10-10\n\nA guide\./,
  );
  assert.deepEqual(first?.web?.links, ['https://docs.test/more?a=1']);
  assert.match(first.text, /Characters 0 to 12000 of \d+\. Read on with offset 12000\.\]$/);
  assert.equal(second?.web?.cached, true);
  assert.doesNotMatch(second.text, /Read on/);
  assert.match(more?.text ?? '', /More\./);
  const events = await bench.events(threadId);
  const finished = events.flatMap((event) => (event.type === 'tool.finished' ? [event.data] : []));
  assert.deepEqual(
    finished.map(({ web }) => web?.cached),
    [false, false, true, false],
  );
  assert.match(finished[0]?.summary ?? '', /^Found 1 page with Tavily for "guide" \(\$0\.008\)$/);
  assert.match(finished[2]?.summary ?? '', /\(kept from before, free\)$/);
  const rows = await bench.store.ledger.list(user, { threadId });
  assert.deepEqual(
    rows.filter(({ provider }) => provider === 'tavily').map(({ model, route }) => [model, route]),
    [
      ['search', 'web'],
      ['extract', 'web'],
      ['extract', 'cache'],
      ['extract', 'web'],
    ],
  );
});

test('an address in the words of the person is read at once', async () => {
  const { results } = await run(`What does ${found.url} say?`, [read(found.url)]);
  assert.equal(results[0]?.status, 'ok');
});

for (const mode of ['ask', 'auto'] as const)
  test(`an address that the model put together waits for a person in the mode "${mode}", and is asked for only when approved`, async () => {
    const composed = 'https://docs.test/composed?d=1';
    const { answer, threadId } = await run('Look it up.', [search(), read(composed)], mode);
    assert.ok('interrupt' in answer);
    assert.deepEqual(
      answer.data.toolCalls.map(({ name, args }) => [name, args]),
      [['read_page', { url: composed }]],
    );
    assert.deepEqual(pagesRead(), []);
    const rejected = await bench.agent.decide(user, { threadId, approval: { action: 'rejected' } });
    await bench.agent.answer(user, rejected.runId);
    assert.deepEqual(pagesRead(), []);
    const again = await run('Look it up.', [read(composed), read(composed)], mode);
    assert.ok('interrupt' in again.answer);
    const approved = await bench.agent.decide(user, {
      threadId: again.threadId,
      approval: { action: 'approved' },
    });
    const end = await bench.agent.answer(user, approved.runId);
    // The second time it is a page that was read: the person knows it.
    assert.ok('response' in end);
    assert.equal((await bench.results(again.threadId)).filter(({ status }) => status === 'ok').length, 2);
    assert.ok(pagesRead().length <= 1);
  });

test('a failing search engine is an answer that the model reads, and the run goes on', async () => {
  server.next.push({
    status: 433,
    body: { detail: { error: 'This request exceeds the pay-as-you-go limit.' } },
  });
  const { answer, results } = await run('Look it up.', [search({ query: 'something else' })]);
  assert.ok('response' in answer);
  assert.equal(results[0]?.status, 'error');
  assert.match(results[0]?.text ?? '', /^Error: Tavily says that the plan's limit is reached \(433\)/);
});

const wrong: [args: object, words: RegExp][] = [
  [{}, /query/],
  [{ query: 'x'.repeat(401) }, /longer than 400 characters/],
  [{ query: 'x', maxResults: 21 }, /maxResults: must be at most 20/],
  [{ query: 'x', domains: ['https://a.test/'] }, /must be hosts/],
  [{ query: 'x', startDate: 'yesterday' }, /must be a day such as 2026-01-31/],
  [{ query: 'x', depth: 'deep' }, /must be basic, advanced, fast or ultra-fast/],
];
for (const [args, words] of wrong)
  test(`${JSON.stringify(args).slice(0, 60)} is refused with what is wrong`, async () => {
    const { results } = await run('Look it up.', [search(args)]);
    assert.match(results[0]?.text ?? '', words);
    assert.equal(server.requests.length, 0);
  });

for (const url of [
  'ftp://a.test/',
  'javascript:alert(1)',
  'a.test',
  'https://user:word@a.test/',
  'file:///etc/passwd',
])
  test(`${url} is no address of a page`, async () => {
    const { answer, results } = await run(`Read ${url}`, [read(url)]);
    assert.ok('response' in answer);
    assert.match(results[0]?.text ?? '', /url: must be an http or https address/);
  });

test('null for an option is the same as leaving it out, and two searches of one message run together', async () => {
  const calls = ['one', 'two'].map((query) => ({
    name: 'web_search',
    args: { query, maxResults: null, topic: null },
  }));
  const { results } = await run('Look it up.', [{ calls }]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['ok', 'ok'],
  );
});

test('without a search engine neither tool is there', () => {
  const names = createTools({}).map(({ name }) => name);
  assert.ok(!names.includes('web_search') && !names.includes('read_page'));
});
