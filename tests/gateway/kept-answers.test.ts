import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createResponseCache } from '#server/gateway/cache/response-cache.ts';
import { openPublicGateway, small } from './support/public-gateway.ts';

test('when the call that others wait for comes to nothing, one of them asks anew and the rest wait for that one', async () => {
  const cache = createResponseCache({ path: ':memory:', bounds: () => ({ maxBytes: 1e6, maxEntries: 10 }) });
  await using bench = await openPublicGateway({
    cache,
    script: [
      { text: 'Some words and more', paceMs: 30, fault: { kind: 'cut', after: 'text', how: 'close' } },
      { text: 'All of it.', paceMs: 30 },
    ],
  });
  const { path, body } = small('openai-chat', 'openai/gpt-4o', true);
  const ask = async () => {
    const response = await bench.post(path, body, { 'helicone-cache-enabled': 'true' });
    return { cache: response.headers.get('helicone-cache'), text: await response.text() };
  };
  const answers = await Promise.all([ask(), ask(), ask(), ask()]);
  assert.equal(bench.providers.requests.length, 2);
  const whole = answers.filter((each) => each.text.includes('[DONE]'));
  assert.equal(whole.length, 3);
  assert.deepEqual(whole.map((each) => each.cache).sort(), ['HIT', 'HIT', 'MISS']);
  cache.close();
});

test('an error says which model was asked last, and after how many attempts', async () => {
  await using bench = await openPublicGateway({
    script: [{ fault: { kind: 'status', status: 401 } }, { fault: { kind: 'status', status: 400 } }],
  });
  const { path, body } = small('anthropic-messages', 'openai/gpt-4o,groq/openai/gpt-oss-120b', false);
  const { headers } = await bench.post(path, body);
  assert.deepEqual(
    ['helicone-provider', 'helicone-model', 'crosspoint-attempts'].map((name) => headers.get(name)),
    ['groq', 'openai/gpt-oss-120b', '2'],
  );
  const unknown = await bench.post(path, { ...body, model: 'nobody/knows' });
  assert.equal(unknown.headers.get('helicone-provider'), null, 'nobody was asked');
});
