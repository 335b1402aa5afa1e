import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createWebProvider, type WebConfig } from '#server/web/create-provider.ts';
import type { SearchQuery, WebSearchProvider } from '#server/web/types.ts';
import { WebError } from '#server/web/web-error.ts';
import { braveKey, refused, startBrave } from './emulators/brave.ts';
import { exaKey, startExa } from './emulators/exa.ts';
import type { Host } from './emulators/host.ts';
import { startSearxng } from './emulators/searxng.ts';
import { startTavily, tavilyKey } from './emulators/tavily.ts';

const nothing: WebConfig = {
  tavily: { key: null, baseUrl: 'http://127.0.0.1:9', keyless: false },
  searxngUrl: null,
  brave: { key: null, baseUrl: 'http://127.0.0.1:9' },
  exa: { key: null, baseUrl: 'http://127.0.0.1:9' },
  deadlineScale: 1,
};
const never = new AbortController().signal;
const plain: SearchQuery = { text: 'vite 8 config', maxResults: 2 };
const everything: SearchQuery = {
  text: 'vite 8 config',
  maxResults: 20,
  depth: 'advanced',
  topic: 'news',
  includeDomains: ['vite.dev', 'github.com'],
  excludeDomains: ['example.com'],
  timeRange: 'week',
};

async function running(t: TestContext, host: Promise<Host>): Promise<Host> {
  const started = await host;
  t.after(() => started.close());
  return started;
}

function provider(config: Partial<WebConfig>): WebSearchProvider {
  return createWebProvider({ ...nothing, ...config }) ?? assert.fail('there is a provider');
}

async function failureOf(work: Promise<unknown> | undefined): Promise<WebError> {
  const failure = await work?.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => cause,
  );
  assert.ok(failure instanceof WebError, String(failure));
  return failure;
}

test('nobody is asked unless a person configured somebody, and the order is Tavily, SearXNG, Brave, Exa, without a key', () => {
  const all: WebConfig = {
    ...nothing,
    tavily: { key: 'k', baseUrl: 'http://a.test', keyless: true },
    searxngUrl: 'http://b.test',
    brave: { key: 'k', baseUrl: 'http://c.test' },
    exa: { key: 'k', baseUrl: 'http://d.test' },
  };
  const keyless = { ...all.tavily, key: null };
  assert.equal(createWebProvider(nothing), null);
  assert.equal(createWebProvider(all)?.label, 'Tavily');
  assert.equal(createWebProvider({ ...all, tavily: keyless })?.id, 'searxng');
  assert.equal(createWebProvider({ ...all, tavily: keyless, searxngUrl: null })?.id, 'brave');
  const onlyExa = { ...nothing, tavily: keyless, exa: all.exa };
  assert.equal(createWebProvider(onlyExa)?.id, 'exa');
  assert.equal(createWebProvider({ ...nothing, tavily: keyless })?.label, 'Tavily (without a key)');
});

test('SearXNG: JSON is asked for, results are cut to what was wanted, and what it cannot do is told', async (t) => {
  const results = [1, 2, 3].map((n) => ({
    url: `https://vite.dev/${n}`,
    title: `V${n}`,
    content: 'c',
    publishedDate: null,
  }));
  const host = await running(t, startSearxng({ results, silent: ['brave'] }));
  const searxng = provider({ searxngUrl: host.url });
  const answer = await searxng.search(plain, never);
  assert.deepEqual(
    answer.results.map(({ url }) => url),
    ['https://vite.dev/1', 'https://vite.dev/2'],
  );
  assert.deepEqual(answer.notes, ['These of its engines did not answer: brave.']);
  assert.deepEqual(answer.spent, { costUsd: 0, estimated: false });
  const full = await searxng.search({ ...everything, startDate: '2026-01-01' }, never);
  assert.equal(full.notes.length, 3);
  const asked = Object.fromEntries(host.requests[1]?.query ?? []);
  assert.deepEqual(asked, {
    q: 'vite 8 config (site:vite.dev OR site:github.com) -site:example.com',
    format: 'json',
    categories: 'news',
    time_range: 'week',
  });
});

test('SearXNG without JSON says how a person enables it', async (t) => {
  const host = await running(t, startSearxng({ formats: ['html'] }));
  const failure = await failureOf(provider({ searxngUrl: host.url }).search(plain, never));
  assert.deepEqual([failure.kind, failure.status], ['bad_request', 403]);
  assert.match(failure.message, /"json" to "formats" below "search" in its settings\.yml/);
});

test('Brave: the words with their sites, the age and the count are asked for; marks and entities are taken out', async (t) => {
  const description = 'It&#x27;s <strong>Vite</strong> &amp; more';
  const host = await running(
    t,
    startBrave([
      { url: 'https://vite.dev/', title: 'Vite &gt; 8', description, page_age: '2026-10-01T00:00:00' },
    ]),
  );
  const brave = provider({ brave: { key: braveKey, baseUrl: host.url } });
  const answer = await brave.search(plain, never);
  assert.deepEqual(answer.results, [
    {
      url: 'https://vite.dev/',
      title: 'Vite > 8',
      text: "It's Vite & more",
      publishedAt: '2026-10-01T00:00:00',
    },
  ]);
  assert.deepEqual(answer.spent, { costUsd: null, estimated: false });
  assert.equal(brave.extract, undefined);
  await brave.search(
    { ...everything, timeRange: undefined, startDate: '2026-01-01', endDate: '2026-02-01' },
    never,
  );
  const [, asked] = host.requests;
  assert.equal(asked?.path, '/res/v1/news/search');
  assert.equal(asked?.query.get('freshness'), '2026-01-01to2026-02-01');
  assert.equal(asked?.query.get('count'), '20');
});

test('Brave: a wrong key is a failure of the key although it comes as 422, and a used-up month is not waited for', async (t) => {
  const host = await running(t, startBrave());
  const wrong = provider({ brave: { key: 'BSAwrong-key-0000', baseUrl: host.url } });
  const failure = await failureOf(wrong.search(plain, never));
  assert.deepEqual([failure.kind, failure.status], ['auth', 422]);
  assert.match(failure.message, /BRAVE_API_KEY/);
  const brave = provider({ brave: { key: braveKey, baseUrl: host.url } });
  const limited = refused('RATE_LIMITED', 'Request rate limit exceeded for plan.', 429);
  host.next.push({
    ...limited,
    headers: { 'x-ratelimit-remaining': '0, 0', 'x-ratelimit-reset': '1, 86400' },
  });
  assert.equal((await failureOf(brave.search(plain, never))).kind, 'quota');
  host.next.push({
    ...limited,
    headers: { 'x-ratelimit-remaining': '0, 99', 'x-ratelimit-reset': '0, 86400' },
  });
  assert.deepEqual((await brave.search(plain, never)).results, []);
  assert.equal(host.requests.length, 4);
  const long = await failureOf(brave.search({ ...plain, text: 'a '.repeat(60) }, never));
  assert.equal(long.kind, 'bad_request');
  assert.equal(host.requests.length, 4);
});

test('Exa: every option is asked for, the cost is its own report, and pages are read', async (t) => {
  const page = {
    url: 'https://vite.dev/guide',
    title: 'Guide',
    publishedDate: '2026-09-09',
    text: 'All about Vite.',
  };
  const host = await running(t, startExa([page]));
  const exa = provider({ exa: { key: exaKey, baseUrl: host.url } });
  const answer = await exa.search(everything, never);
  assert.deepEqual(answer.results, [
    { url: page.url, title: 'Guide', text: 'All about Vite.', publishedAt: '2026-09-09' },
  ]);
  assert.deepEqual(answer.spent, { costUsd: 0.005, estimated: false });
  const { startPublishedDate, ...rest } = host.requests[0]?.body as Record<string, unknown>;
  assert.match(String(startPublishedDate), /^\d{4}-\d{2}-\d{2}T00:00:00\.000Z$/);
  assert.deepEqual(rest, {
    query: 'vite 8 config',
    type: 'deep',
    numResults: 20,
    includeDomains: ['vite.dev', 'github.com'],
    excludeDomains: ['example.com'],
    category: 'news',
    contents: { highlights: { maxCharacters: 2000 } },
  });
  assert.equal((await exa.extract?.(page.url, never))?.text, 'All about Vite.');
  const gone = await failureOf(exa.extract?.('https://vite.dev/gone', never));
  assert.deepEqual([gone.kind, /CRAWL_NOT_FOUND/.test(gone.message)], ['no_page', true]);
  const wrong = provider({ exa: { key: 'wrong-key', baseUrl: host.url } });
  assert.equal((await failureOf(wrong.search(plain, never))).kind, 'auth');
  host.next.push({ status: 402, body: { error: 'Out of credits', tag: 'NO_MORE_CREDITS' } });
  assert.equal((await failureOf(exa.search(plain, never))).kind, 'quota');
});

test('the emulators refuse what the services refuse: no key, strange parameters, more than is allowed', async (t) => {
  const tavily = await running(t, startTavily());
  const brave = await running(t, startBrave());
  const exa = await running(t, startExa());
  const post = async (url: string, headers: Record<string, string>, body: unknown) => {
    const json = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) };
    return (await fetch(url, init)).status;
  };
  const authorization = `Bearer ${tavilyKey}`;
  assert.equal(await post(`${tavily.url}/search`, {}, { query: 'x' }), 401);
  assert.equal(
    await post(`${tavily.url}/search`, { authorization }, { query: 'x', searchDepth: 'basic' }),
    400,
  );
  assert.equal(await post(`${tavily.url}/search`, { authorization }, { query: 'x'.repeat(401) }), 400);
  assert.equal(await post(`${tavily.url}/search`, { authorization }, { query: 'x', max_results: 21 }), 400);
  assert.equal(await post(`${tavily.url}/extract`, { authorization }, { urls: [] }), 400);
  assert.equal(await post(`${exa.url}/search`, { 'x-api-key': exaKey }, { query: 'x', num_results: 3 }), 400);
  const get = async (path: string, token?: string) =>
    (await fetch(`${brave.url}${path}`, { headers: token ? { 'x-subscription-token': token } : {} })).status;
  assert.equal(await get('/res/v1/web/search?q=x'), 422);
  assert.equal(await get('/res/v1/web/search?q=x&count=21', braveKey), 422);
  assert.equal(await get('/res/v1/web/search?q=x&max=3', braveKey), 422);
  assert.equal(await get('/res/v1/web/search?q=x', braveKey), 200);
});
