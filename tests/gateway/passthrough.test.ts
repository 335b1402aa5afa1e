import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { openPublicGateway, small } from './support/public-gateway.ts';

/** The same wire before and behind the gateway, with the official clients. */

const usage = { input: 100, output: 20, cacheRead: 60, cacheWrite: 0, reasoning: 0 };
const same: [Wire, string][] = [
  ['openai-chat', 'openai/gpt-4o'],
  ['openai-chat', 'groq/openai/gpt-oss-120b'],
  ['anthropic-messages', 'anthropic/claude-sonnet-4-5'],
  ['openai-responses', 'openai/gpt-5.2'],
];

for (const [wire, model] of same)
  for (const stream of [true, false])
    for (const chunking of ['random', 'events', 'whole'] as const)
      test(`${wire} to ${model} passes byte for byte, with usage and one row: ${stream ? 'stream' : 'whole'}, ${chunking}`, async () => {
        await using bench = await openPublicGateway({
          chunking,
          script: () => ({ text: 'Größe 世界 🌍', usage }),
        });
        const { path, body } = small(wire, model, stream);
        if (wire === 'openai-chat' && stream) body.stream_options = { include_usage: true };
        const text = JSON.stringify(body, null, 1);
        const response = await bench.post(path, text);
        const answer = await response.text();
        assert.equal(response.status, 200, answer);
        const [received] = bench.providers.requests;
        const id = model.slice(model.indexOf('/') + 1);
        assert.equal(received?.bodyText, text.replace(JSON.stringify(model), JSON.stringify(id)));
        assert.match(answer, /世/);
        const [row, ...more] = await bench.rows();
        assert.deepEqual(more, []);
        assert.equal(row?.status, 'settled');
        assert.deepEqual(
          [row?.inputTokens, row?.outputTokens, row?.cacheReadTokens, row?.estimated],
          [100, 20, 60, false],
        );
        assert.equal(response.headers.get('helicone-provider'), model.split('/', 1)[0]);
        assert.equal(response.headers.get('helicone-id'), row?.requestId);
      });

test('a chat stream whose client did not ask for usage has no chunk of it, and is accounted all the same', async () => {
  await using bench = await openPublicGateway({
    script: () => ({ text: 'Hello there, how are you?', usage }),
  });
  const stream = await bench.openai.chat.completions.create({
    model: 'openai/gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'Hello?' }],
  });
  let text = '';
  for await (const chunk of stream) {
    assert.equal(chunk.choices.length, 1);
    text += chunk.choices[0]?.delta.content ?? '';
  }
  assert.equal(text, 'Hello there, how are you?');
  assert.equal(
    (bench.providers.requests[0]?.body.stream_options as { include_usage: boolean }).include_usage,
    true,
  );
  const [row] = await bench.rows();
  assert.deepEqual([row?.inputTokens, row?.outputTokens, row?.estimated], [100, 20, false]);
});

test('the older name of the limit, which many clients write, is the newer one for a model that takes only that', async () => {
  await using bench = await openPublicGateway();
  const { path, body } = small('openai-chat', 'groq/openai/gpt-oss-120b', false);
  const response = await bench.post(path, { ...body, max_tokens: 50 });
  assert.equal(response.status, 200, await response.text());
  const sent = bench.providers.requests.at(-1)?.body;
  assert.deepEqual([sent?.max_tokens, sent?.max_completion_tokens], [undefined, 50]);
});

test('the official clients read an error as their provider’s own', async () => {
  await using bench = await openPublicGateway({
    script: () => ({
      fault: { kind: 'status', status: 429, message: 'slow down', headers: { 'retry-after': '7' } },
    }),
  });
  const asked = { model: 'openai/gpt-4o', messages: [{ role: 'user' as const, content: 'Hello?' }] };
  await assert.rejects(bench.openai.chat.completions.create(asked), {
    status: 429,
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
  });
  const claude = { ...asked, model: 'anthropic/claude-sonnet-4-5', max_tokens: 10 };
  await assert.rejects(bench.anthropic.messages.create(claude), { status: 429, type: 'rate_limit_error' });
  await assert.rejects(bench.openai.chat.completions.create({ ...asked, model: 'nobody/has-it' }), {
    status: 404,
    code: 'model_not_found',
  });
  const response = await bench.post('/v1/chat/completions', asked);
  assert.equal(response.headers.get('retry-after'), '7');
});

for (const [wire, model] of same) {
  test(`an error inside a 200 before the first word moves on, unseen by the client: ${wire}, ${model}`, async () => {
    let count = 0;
    await using bench = await openPublicGateway({
      script: () =>
        count++ === 0
          ? { text: 'never', fault: { kind: 'error-event', after: 'preamble', status: 529 } }
          : { text: 'Second.', usage },
    });
    const { path, body } = small(wire, `${model},${model}`, true);
    const response = await bench.post(path, body);
    const answer = await response.text();
    assert.equal(response.status, 200);
    assert.match(answer, /Second/);
    assert.doesNotMatch(answer, /overloaded|never/);
    assert.equal(response.headers.get('crosspoint-attempts'), '2');
    assert.deepEqual(
      (await bench.rows()).map(({ status }) => status),
      ['failed', 'settled'],
    );
  });

  for (const how of ['reset', 'close'] as const)
    test(`a stream that is cut after its first words ends with an error and without its normal end: ${wire}, ${how}`, async () => {
      await using bench = await openPublicGateway({
        script: () => ({ text: 'Hello there.', fault: { kind: 'cut', after: 'text', how } }),
      });
      const { path, body } = small(wire, `${model},${model}`, true);
      const answer = await (await bench.post(path, body)).text();
      assert.match(answer, /broke off/);
      assert.doesNotMatch(answer, /\[DONE\]|message_stop|response\.completed/);
      const rows = await bench.rows();
      assert.deepEqual(
        rows.map(({ status, errorCode, estimated }) => [status, errorCode, estimated]),
        [['failed', 'provider_stream_cut', true]],
      );
      assert.ok((rows[0]?.outputTokens ?? 0) > 0);
    });

  test(`a whole answer that stops in the middle is no answer: ${wire}`, async () => {
    let count = 0;
    await using bench = await openPublicGateway({
      script: () =>
        count++ === 0
          ? { text: 'Hello.', fault: { kind: 'cut', after: 'text', how: 'close' } }
          : { text: 'Whole.', usage },
    });
    const { path, body } = small(wire, `${model},${model}`, false);
    const answer = await (await bench.post(path, body)).text();
    assert.match(answer, /Whole/);
    assert.deepEqual(
      (await bench.rows()).map(({ status }) => status),
      ['failed', 'settled'],
    );
  });
}

test('a client that leaves in the middle ends the upstream, and its row is settled', async () => {
  await using bench = await openPublicGateway({
    deadlineScale: 0.1,
    script: () => ({ text: 'word '.repeat(2_000), paceMs: 20 }),
  });
  const { path, body } = small('openai-chat', 'openai/gpt-4o', true);
  const leaving = new AbortController();
  const response = await fetch(bench.origin + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.openai.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  const isOver = async () =>
    bench.providers.requests[0]?.abandoned === true && (await bench.rows())[0]?.status !== 'reserved';
  for (let waited = 0; waited < 300 && !(await isOver()); waited++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const [row] = await bench.rows();
  assert.deepEqual([row?.status, row?.estimated], ['aborted', true]);
  assert.ok((row?.inputTokens ?? 0) > 0 && (row?.outputTokens ?? 0) > 0);
  assert.equal(bench.providers.requests[0]?.abandoned, true);
});

test('nothing of a body and no key is in the log', async () => {
  await using bench = await openPublicGateway({
    script: () => ({ fault: { kind: 'status', status: 400, message: `no ${bench.providers.openai.key}` } }),
  });
  const response = await bench.post('/v1/chat/completions', {
    model: 'openai/gpt-4o',
    messages: [{ role: 'user', content: 'my very secret words' }],
  });
  const all = bench.logged.join('\n') + (await response.text());
  assert.ok(bench.logged.length > 0);
  for (const secret of ['secret words', bench.providers.openai.key, bench.openai.apiKey ?? ''])
    assert.ok(!all.includes(secret), secret);
});

test('tokens are counted by the provider of the wire, and estimated for any other model', async () => {
  await using bench = await openPublicGateway();
  const messages = [{ role: 'user' as const, content: 'word '.repeat(400) }];
  const { input_tokens: estimated } = await bench.anthropic.messages.countTokens({
    model: 'openai/gpt-4o',
    messages,
  });
  assert.ok(estimated > 300 && estimated < 1_000);
  assert.deepEqual(await bench.rows(), []);
});

test('embeddings pass to a provider that has them, each with its row', async () => {
  await using upstream = await startEmbeddings();
  await using bench = await openPublicGateway({
    more: [
      {
        provider: 'vectors',
        label: 'Vectors',
        baseUrl: `${upstream.origin}/v1`,
        apiKey: null,
        apiKeyVariable: 'NONE',
        auth: 'none',
        headers: {},
        dialect: {},
      },
    ],
  });
  const { data } = await bench.openai.embeddings.create({
    model: 'vectors/small',
    input: 'x',
    encoding_format: 'float',
  });
  assert.deepEqual(data[0]?.embedding, [0.5, 1]);
  const [row] = await bench.rows();
  assert.deepEqual([row?.model, row?.inputTokens, row?.status], ['small', 3, 'settled']);
});

async function startEmbeddings() {
  const answer = JSON.stringify({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, 1] }],
    model: 'small',
    usage: { prompt_tokens: 3, total_tokens: 3 },
  });
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/v1/embeddings' ? 200 : 404, { 'content-type': 'application/json' });
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('Helicone-Fallbacks go to configured providers only, with the configured keys, on the listed codes', async () => {
  await using bench = await openPublicGateway({
    script: ({ provider }) =>
      provider === 'openai' ? { fault: { kind: 'status', status: 418 } } : { text: 'Second', usage },
  });
  const entry = (url: string, more: object = {}) => ({
    'target-url': url,
    headers: { authorization: 'Bearer somebody-elses' },
    onCodes: [{ from: 400, to: 499 }],
    ...more,
  });
  const { openai, groq } = bench.providers;
  const fallbacks = [
    entry(openai.baseUrl),
    entry(groq.baseUrl, { bodyKeyOverride: { model: 'openai/gpt-oss-120b' } }),
  ];
  const { path, body } = small('openai-chat', 'gpt-4o', false);
  const response = await bench.post(path, body, { 'helicone-fallbacks': JSON.stringify(fallbacks) });
  assert.match(await response.text(), /Second/);
  assert.deepEqual(
    bench.providers.requests.map(({ provider, headers }) => [provider, headers.authorization]),
    [
      ['openai', `Bearer ${openai.key}`],
      ['groq', `Bearer ${groq.key}`],
    ],
  );
  const elsewhere = JSON.stringify([entry('https://evil.example/v1')]);
  const refused = await bench.post(path, body, { 'helicone-fallbacks': elsewhere });
  assert.equal(refused.status, 400);
  assert.equal(((await refused.json()) as { error: { code: string } }).error.code, 'unknown_target');
});

test('Helicone-Retry makes exactly so many tries', async () => {
  await using bench = await openPublicGateway({ script: () => ({ fault: { kind: 'status', status: 503 } }) });
  const { path, body } = small('openai-chat', 'openai/gpt-4o', false);
  const retry = { 'helicone-retry-enabled': 'true', 'helicone-retry-num': '4' };
  assert.equal((await bench.post(path, body, retry)).status, 503);
  assert.equal(bench.providers.requests.length, 4);
  assert.deepEqual(bench.waits, [1_500, 3_000, 6_000]);
});

test('the end of the process settles what is on its way', async () => {
  await using bench = await openPublicGateway({ script: () => ({ text: 'word '.repeat(500), paceMs: 20 }) });
  const { path, body } = small('openai-chat', 'openai/gpt-4o', true);
  const response = await bench.post(path, body);
  await response.body?.getReader().read();
  await bench.gateway.close();
  const [row] = await bench.rows();
  assert.equal(row?.status, 'aborted');
});
