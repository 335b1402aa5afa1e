import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readConfig } from '#server/config.ts';
import { braveKey, startBrave } from '#tests/web/emulators/brave.ts';
import type { Host } from '#tests/web/emulators/host.ts';
import { startSearxng } from '#tests/web/emulators/searxng.ts';
import { startTavily, tavilyKey } from '#tests/web/emulators/tavily.ts';
import { checkWeb } from './web.ts';

async function running<Started extends Host>(t: TestContext, host: Promise<Started>): Promise<Started> {
  const started = await host;
  t.after(() => started.close());
  return started;
}

async function find(env: Record<string, string>) {
  const [finding] = await checkWeb(readConfig(env));
  return finding ?? assert.fail('something is found');
}

test('without a search engine nothing is asked, and the variables are named', async () => {
  const { state, remedy } = await find({});
  assert.equal(state, 'off');
  assert.match(remedy ?? '', /TAVILY_API_KEY, SEARXNG_URL, BRAVE_API_KEY or EXA_API_KEY/);
  assert.equal((await find({ TAVILY_KEYLESS: 'on' })).state, 'ok');
  assert.equal((await find({ EXA_API_KEY: 'key' })).state, 'ok');
});

test('the key of Tavily is tried without a search', async (t) => {
  const host = await running(t, startTavily());
  assert.equal((await find({ TAVILY_API_KEY: tavilyKey, TAVILY_BASE_URL: host.url })).state, 'ok');
  const wrong = await find({ TAVILY_API_KEY: 'tvly-wrong', TAVILY_BASE_URL: host.url });
  assert.deepEqual([wrong.state, wrong.remedy], ['bad', 'Correct TAVILY_API_KEY in .env.']);
  assert.ok(host.requests.every(({ path }) => path === '/usage'));
});

test('whether SearXNG gives JSON is found out without a search', async (t) => {
  const with_ = await running(t, startSearxng());
  const without = await running(t, startSearxng({ formats: ['html'] }));
  assert.equal((await find({ SEARXNG_URL: with_.url })).state, 'ok');
  assert.match((await find({ SEARXNG_URL: without.url })).remedy ?? '', /settings\.yml/);
  assert.ok(with_.requests.every(({ query }) => !query.has('q')));
});

test('the key of Brave is tried without a search, and an address where nobody is, is told', async (t) => {
  const host = await running(t, startBrave());
  assert.equal((await find({ BRAVE_API_KEY: braveKey, BRAVE_BASE_URL: host.url })).state, 'ok');
  assert.equal((await find({ BRAVE_API_KEY: 'wrong', BRAVE_BASE_URL: host.url })).state, 'bad');
  const gone = await startBrave();
  await gone.close();
  const { detail, remedy } = await find({ BRAVE_API_KEY: braveKey, BRAVE_BASE_URL: gone.url });
  assert.match(`${detail} ${remedy}`, /ECONNREFUSED.*BRAVE_BASE_URL/);
});
