import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { apiTokenDesk } from '#server/gateway/v1/api-token.ts';
import type { Answer } from '#tests/upstreams/index.ts';
import { openPublicGateway, small, token } from './support/public-gateway.ts';

/** Endpoints, keys and breakers in front of the strict providers, as clients of `/v1` see them. */

const wires: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
/** One of the same wire as the client's first, and others behind it. */
const routing = {
  keys: { openai: ['OPENAI_API_KEY', 'OPENAI_API_KEY_2'] },
  models: {
    team: {
      endpoints: [
        { provider: 'groq', model: 'openai/gpt-oss-120b' },
        { provider: 'anthropic', model: 'claude-sonnet-4-5' },
      ],
    },
    gemini: { endpoints: [{ provider: 'gemini', model: 'gemini-2.5-flash', key: 'GEMINI_API_KEY_9' }] },
  },
};

const overloaded: Answer = { fault: { kind: 'status', status: 503 } };

for (const wire of wires)
  for (const stream of [true, false]) {
    const how = stream ? 'stream' : 'whole';
    test(`a model of the gateway's file is answered by its second endpoint when the first fails: ${wire}, ${how}`, async () => {
      await using bench = await openPublicGateway({
        routing,
        script: ({ provider }) => (provider === 'groq' ? overloaded : { text: 'The second answers.' }),
      });
      const { path, body } = small(wire, 'team', stream);
      const response = await bench.post(path, body);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(text, /The sec/);
      assert.equal(response.headers.get('helicone-provider'), 'anthropic');
      assert.equal(response.headers.get('crosspoint-attempts'), '2');
      assert.deepEqual(bench.waits, []);
      const rows = (await bench.rows()).sort((left, right) => left.attempt - right.attempt);
      assert.deepEqual(
        rows.map(({ provider, status }) => [provider, status]),
        [
          ['groq', 'failed'],
          ['anthropic', 'settled'],
        ],
      );
      const story = await bench.store.usage.story('owner', response.headers.get('helicone-id') ?? '');
      assert.deepEqual(
        story?.attempts.map(({ endpoint }) => endpoint),
        ['groq/GROQ_API_KEY', 'anthropic/ANTHROPIC_API_KEY'],
      );
    });
  }

for (const wire of wires)
  test(`a stream that fails inside its 200 before the first word moves on, and the failure counts: ${wire}`, async () => {
    const broken: Answer = {
      text: 'never',
      fault: { kind: 'error-event', after: 'preamble', status: 529 },
    };
    await using bench = await openPublicGateway({
      routing,
      script: ({ provider }) => (provider === 'groq' ? broken : { text: 'Fine.' }),
    });
    const { path, body } = small(wire, 'team', true);
    const response = await bench.post(path, body);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    assert.match(text, /Fine/);
    assert.doesNotMatch(text, /never/);
    const [groq, anthropic] = bench.health();
    assert.deepEqual([groq?.requests, groq?.errorRatio], [1, 1]);
    assert.deepEqual([anthropic?.requests, anthropic?.errorRatio], [1, 0]);
  });

test('streams that break off are counted, and after five of them the endpoint gets one probe when its time is over', async () => {
  const cut: Answer = { text: 'Some words.', fault: { kind: 'cut', after: 'text', how: 'close' } };
  let time = 0;
  await using bench = await openPublicGateway({
    routing,
    now: () => time,
    script: ({ provider }) => (provider === 'groq' ? cut : { text: 'Fine.' }),
  });
  const { path, body } = small('openai-chat', 'team', true);
  const ask = async () => (await bench.post(path, body)).text();
  const asked = (name: string) => bench.providers.requests.filter(({ provider }) => provider === name).length;
  for (let count = 0; count < 5; count++) assert.doesNotMatch(await ask(), /\[DONE\]/);
  assert.equal(asked('groq'), 5);
  assert.deepEqual(
    bench.health().map(({ provider, breaker, out }) => [provider, breaker, out]),
    [['groq', 'open', 'failing']],
  );
  const answers = await Promise.all(Array.from({ length: 100 }, ask));
  for (const text of answers) assert.match(text, /Fi[^]*\[DONE\]/);
  assert.equal(asked('groq'), 5);
  time += 15_000;
  await Promise.all(Array.from({ length: 100 }, ask));
  assert.equal(asked('groq'), 6);
});

test('a key that is limited is left alone while the other one answers, and no key stands in any state or log', async () => {
  await using bench = await openPublicGateway({ routing });
  const { providers } = bench;
  const isSecond = () => providers.requests.at(-1)?.headers.authorization?.endsWith('-2') ?? false;
  const limited: Answer = { fault: { kind: 'status', status: 429, headers: { 'retry-after': '30' } } };
  providers.script(() => (isSecond() ? { text: 'Fine.' } : limited));
  const { path, body } = small('openai-chat', 'openai/gpt-4o', false);
  for (let count = 0; count < 3; count++) assert.equal((await bench.post(path, body)).status, 200);
  assert.equal(providers.requests.length, 4);
  const states = bench.health();
  assert.deepEqual(states.map(({ key, out }) => [key, out]).sort(), [
    ['OPENAI_API_KEY', 'rate-limited'],
    ['OPENAI_API_KEY_2', null],
  ]);
  assert.ok(!JSON.stringify([states, bench.logged]).includes(providers.openai.key));
});

test('a refused key is named once in the log by its variable, and every request is answered', async () => {
  await using bench = await openPublicGateway({ routing });
  const { providers } = bench;
  providers.script(() =>
    providers.requests.at(-1)?.headers.authorization?.endsWith('-2')
      ? { text: 'Fine.' }
      : { fault: { kind: 'status', status: 401 } },
  );
  const { path, body } = small('openai-responses', 'openai/gpt-5.2', true);
  for (let count = 0; count < 3; count++) assert.equal((await bench.post(path, body)).status, 200);
  assert.equal(providers.requests.length, 4);
});

test('when a chain fails the error says as the wire does what failed, and why others were not tried', async () => {
  await using bench = await openPublicGateway({ routing, script: () => overloaded });
  for (const wire of wires) {
    const { path, body } = small(wire, 'gemini,openai/gpt-4o', false);
    const response = await bench.post(path, body);
    assert.equal(response.status, 503);
    const { error } = (await response.json()) as { error: { message: string } };
    assert.match(error.message, /openai is overloaded.*Not tried:.*GEMINI_API_KEY_9 is not set/);
  }
  const { path, body } = small('openai-chat', 'gemini', false);
  const response = await bench.post(path, body);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /GEMINI_API_KEY_9 is not set/);
});

test('when all fail every one of them is tried again after a pause, and then the client is told', async () => {
  await using bench = await openPublicGateway({ routing, script: () => overloaded });
  const { path, body } = small('openai-chat', 'team', false);
  assert.equal((await bench.post(path, body)).status, 503);
  const asked = bench.providers.requests.map(({ provider }) => provider);
  assert.deepEqual(asked, ['groq', 'anthropic', 'groq', 'anthropic', 'groq', 'anthropic']);
  assert.equal(bench.waits.length, 2);
});

test('a key limited to a name may use what is behind it, by the name and directly, and nothing else', async () => {
  const desk = apiTokenDesk(token, 'owner');
  const keys = {
    identify: async (secret: string) => {
      const caller = await desk.identify(secret);
      return caller && { ...caller, models: ['team', 'gone', 'gpt-4o'] };
    },
  };
  await using bench = await openPublicGateway({ routing, keys, script: () => ({ text: 'Fine.' }) });
  const statusOf = async (model: string) => {
    const { path, body } = small('openai-chat', model, false);
    return (await bench.post(path, body)).status;
  };
  for (const model of ['team', 'groq/openai/gpt-oss-120b', 'anthropic/claude-sonnet-4-5', 'openai/gpt-4o'])
    assert.equal(await statusOf(model), 200, model);
  for (const model of ['groq/llama-3.3-70b-versatile', 'openai/gpt-5.2', 'anthropic/team'])
    assert.equal(await statusOf(model), 403, model);
  assert.equal(await statusOf('openai/gpt-5.2,team'), 200, 'what a chain may not use is left out');
  assert.equal(bench.providers.requests.at(-1)?.provider, 'groq');
});
