import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { tavily as officialClient } from '@tavily/core';
import { tavily } from '#server/web/providers/tavily.ts';
import type { SearchQuery } from '#server/web/types.ts';
import { WebError } from '#server/web/web-error.ts';
import { eventually } from '../support/eventually.ts';
import { startTavily, tavilyKey, type Tavily } from './emulators/tavily.ts';

const page = {
  url: 'https://nodejs.org/en/about',
  title: 'About Node.js',
  content: 'Node.js is a runtime.',
  published_date: '2026-11-01',
};
const never = new AbortController().signal;

let server: Tavily;
before(async () => {
  server = await startTavily({ pages: [page], raw: (url) => (/gone/.test(url) ? undefined : '# About') });
});
after(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
  server.next.length = 0;
});

const adapter = (options: { key?: string | null; baseUrl?: string; deadlineScale?: number } = {}) =>
  tavily({
    key: options.key === undefined ? tavilyKey : options.key,
    baseUrl: options.baseUrl ?? server.url,
    deadlineScale: options.deadlineScale ?? 1,
  });

async function failureOf(work: Promise<unknown>): Promise<WebError> {
  const failure = await work.then(
    () => assert.fail('it should have failed'),
    (cause: unknown) => cause,
  );
  assert.ok(failure instanceof WebError, String(failure));
  return failure;
}

const queries: [
  name: string,
  query: SearchQuery,
  options: Parameters<ReturnType<typeof officialClient>['search']>[1],
][] = [
  ['a plain search', { text: 'node', maxResults: 5 }, { maxResults: 5 }],
  [
    'every option',
    {
      text: 'node 24 release notes',
      maxResults: 20,
      depth: 'advanced',
      topic: 'news',
      includeDomains: ['nodejs.org', 'github.com'],
      excludeDomains: ['example.com'],
      timeRange: 'month',
      startDate: '2026-01-01',
      endDate: '2026-02-01',
    },
    {
      maxResults: 20,
      searchDepth: 'advanced',
      topic: 'news',
      includeDomains: ['nodejs.org', 'github.com'],
      excludeDomains: ['example.com'],
      timeRange: 'month',
      startDate: '2026-01-01',
      endDate: '2026-02-01',
    },
  ],
  [
    'a fast one',
    { text: 'x', maxResults: 1, depth: 'ultra-fast' },
    { maxResults: 1, searchDepth: 'ultra-fast' },
  ],
];

for (const [name, query, options] of queries)
  test(`${name} is asked exactly as the official client asks it`, async () => {
    const client = officialClient({ apiKey: tavilyKey, apiBaseURL: server.url, clientSource: 'crosspoint' });
    await client.search(query.text, { ...options, includeUsage: true });
    await adapter().search(query, never);
    const [theirs, ours] = server.requests;
    assert.deepEqual(ours?.body, theirs?.body);
    assert.equal(ours?.path, theirs?.path);
    for (const header of ['authorization', 'content-type', 'x-client-source'])
      assert.equal(ours?.headers[header], theirs?.headers[header], header);
  });

test('a page is extracted exactly as the official client does it', async () => {
  const client = officialClient({ apiKey: tavilyKey, apiBaseURL: server.url, clientSource: 'crosspoint' });
  // The client writes its own deadline into the body when it is given one; neither of us gives one.
  await client.extract([page.url], { format: 'markdown', extractDepth: 'basic', includeUsage: true });
  const answer = await adapter().extract?.(page.url, never);
  const [theirs, ours] = server.requests;
  assert.deepEqual(ours?.body, theirs?.body);
  assert.equal(ours?.headers.authorization, theirs?.headers.authorization);
  assert.equal(answer?.text, '# About');
});

test('without a key both say so and send none', async () => {
  await officialClient({ apiBaseURL: server.url }).search('node', { maxResults: 5, includeUsage: true });
  const answer = await adapter({ key: null }).search({ text: 'node', maxResults: 5 }, never);
  const [theirs, ours] = server.requests;
  assert.deepEqual(ours?.body, theirs?.body);
  assert.equal(ours?.headers['x-tavily-access-mode'], theirs?.headers['x-tavily-access-mode']);
  assert.equal(ours?.headers.authorization, undefined);
  assert.deepEqual(answer.spent, { costUsd: 0, estimated: false });
});

test('an answer keeps what Tavily said of each page, what it used and its request id; a written answer is left out', async () => {
  const answer = await adapter().search({ text: 'node', maxResults: 5, depth: 'advanced' }, never);
  assert.deepEqual(answer, {
    results: [{ url: page.url, title: page.title, text: page.content, publishedAt: '2026-11-01' }],
    notes: [],
    requestId: '123e4567-e89b-12d3-a456-426614174111',
    spent: { costUsd: 0.016, estimated: false },
  });
});

test('credits that it does not report are counted and marked; odd fields are absent, and results without an address left out', async () => {
  const results = [
    { url: 'javascript:alert(1)', title: 'x', content: 'x' },
    { url: 'https://user:word@evil.test/', title: 'x', content: 'x' },
    { url: 'https://good.test/a', title: null, content: 7, score: 'high' },
  ];
  server.next.push({ status: 200, body: { results } });
  const answer = await adapter().search({ text: 'node', maxResults: 5 }, never);
  assert.deepEqual(answer.results, [{ url: 'https://good.test/a', title: 'https://good.test/a', text: '' }]);
  assert.deepEqual(answer.spent, { costUsd: 0.008, estimated: true });
});

const detail = (error: string) => ({ detail: { error } });
const failures: [
  name: string,
  status: number,
  body: unknown,
  headers: Record<string, string>,
  kind: string,
  words: RegExp,
][] = [
  ['a wrong key', 401, detail('Unauthorized: missing or invalid API key.'), {}, 'auth', /TAVILY_API_KEY/],
  [
    'a used-up plan',
    432,
    detail("This request exceeds your plan's set usage limit."),
    {},
    'quota',
    /limit is reached/,
  ],
  [
    'a used-up account',
    433,
    detail('This request exceeds the pay-as-you-go limit.'),
    {},
    'quota',
    /pay-as-you-go/,
  ],
  ['a limit of the rate', 429, detail('blocked'), { 'retry-after': '90' }, 'rate', /Wait 90 s/],
  ['a bad request', 400, detail('Query is too long.'), {}, 'bad_request', /Query is too long/],
  ['a broken proxy', 502, '<html>Bad gateway</html>', {}, 'bad_response', /502/],
  ['a failing service', 500, detail('Internal Server Error'), {}, 'bad_response', /Internal Server Error/],
  ['what is not JSON', 200, 'hello', {}, 'bad_response', /not its protocol/],
  ['an answer without results', 200, { query: 'x' }, {}, 'bad_response', /results/],
  ['a redirect', 302, '', { location: 'https://elsewhere.test/' }, 'bad_response', /TAVILY_BASE_URL/],
];
for (const [name, status, body, headers, kind, words] of failures)
  test(`${name} is the failure "${kind}" with its status, and says what to do`, async () => {
    server.next.push({ status, body, headers });
    const failure = await failureOf(adapter().search({ text: 'node', maxResults: 5 }, never));
    assert.equal(failure.kind, kind);
    assert.equal(failure.status, status === 302 ? null : status);
    assert.match(failure.message, words);
    assert.equal(server.requests.length, 1);
  });

test('its own words never show the key, whatever it sends back', async () => {
  server.next.push({ status: 400, body: detail(`Bad header: Bearer ${tavilyKey} and ${tavilyKey}`) });
  const failure = await failureOf(adapter().search({ text: 'node', maxResults: 5 }, never));
  assert.doesNotMatch(failure.message, new RegExp(tavilyKey));
});

test('a short limit of the rate is waited for once, and a second one is told', async () => {
  const limited = { status: 429, body: detail('slow down'), headers: { 'retry-after': '0' } };
  server.next.push(limited);
  const answer = await adapter().search({ text: 'node', maxResults: 5 }, never);
  assert.equal(answer.results.length, 1);
  server.next.push(limited, limited);
  const failure = await failureOf(adapter().search({ text: 'node', maxResults: 5 }, never));
  assert.deepEqual([failure.kind, failure.retryAfterMs], ['rate', 0]);
  assert.equal(server.requests.length, 4);
});

test('the limit of requests without a key is a quota, with the wait that the service names', async () => {
  const error = {
    code: 'keyless_hourly_cap',
    message: 'Hourly cap reached.',
    retry_after_seconds: 120,
    next_actions: [],
  };
  server.next.push({ status: 429, body: { error } });
  const failure = await failureOf(adapter({ key: null }).search({ text: 'node', maxResults: 5 }, never));
  assert.deepEqual([failure.kind, failure.retryAfterMs], ['quota', 120_000]);
  assert.match(failure.message, /TAVILY_API_KEY/);
});

test('a silent service is given up after its deadline, and a stopped run does not wait for it', async () => {
  server.next.push({ status: 200, body: '', hang: true }, { status: 200, body: '', hang: true });
  const late = await failureOf(
    adapter({ deadlineScale: 0.001 }).search({ text: 'node', maxResults: 5 }, never),
  );
  assert.equal(late.kind, 'timeout');
  const stop = new AbortController();
  const asked = adapter().search({ text: 'node', maxResults: 5 }, stop.signal);
  await eventually('the second request', () => server.requests.length === 2);
  const reason = new Error('stopped');
  stop.abort(reason);
  await assert.rejects(asked, reason);
});

test('a page that it cannot read is no page, with the reason', async () => {
  const failure = await failureOf(adapter().extract?.('https://gone.test/', never) ?? Promise.resolve());
  assert.deepEqual([failure.kind, failure.message.includes('Failed to fetch url')], ['no_page', true]);
});

test('nobody at the address is "unreachable", and the sentence names the variable', async () => {
  const gone = await startTavily();
  await gone.close();
  const failure = await failureOf(
    adapter({ baseUrl: gone.url }).search({ text: 'node', maxResults: 5 }, never),
  );
  assert.equal(failure.kind, 'unreachable');
  assert.match(failure.message, /ECONNREFUSED.*TAVILY_BASE_URL/);
});

test('an answer that never ends is cut off at the limit', async () => {
  server.next.push({ status: 200, body: `"${'x'.repeat(9 * 1024 * 1024)}"` });
  const failure = await failureOf(adapter().search({ text: 'node', maxResults: 5 }, never));
  assert.equal(failure.kind, 'bad_response');
  assert.match(failure.message, /larger than allowed/);
});
