import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { json, jsonServer, type Answers } from '../testing/json-server.ts';
import { managerFor } from '../testing/manager.ts';

const ollamaShows: Record<string, object> = {
  'qwen3:4b': {
    capabilities: ['completion', 'tools', 'thinking'],
    model_info: { 'qwen3.context_length': 40_960 },
  },
  'llava:7b': {
    capabilities: ['completion', 'vision'],
    parameters: 'stop "x"\nnum_ctx                        8192',
  },
  'nomic-embed-text:latest': { capabilities: ['embedding'] },
  'big:cloud': { capabilities: ['completion', 'tools'] },
};

const ollama: Answers = ({ method, path, body }) => {
  if (path === '/api/tags')
    return json({
      models: Object.keys(ollamaShows).map((name) =>
        name === 'big:cloud' ? { name, remote_host: 'https://ollama.com' } : { name },
      ),
    });
  if (path === '/api/ps') return json({ models: [{ name: 'qwen3:4b', context_length: 16_384 }] });
  if (path !== '/api/show' || method !== 'POST') return undefined;
  const shown = ollamaShows[(JSON.parse(body) as { model: string }).model];
  return shown ? json(shown) : undefined;
};

test('Ollama is found with what its models can do, their real window, and no price for what runs elsewhere', async () => {
  const server = await jsonServer(ollama);
  const models = await managerFor({ OLLAMA_BASE_URL: server.url });
  await models.lookForServers();
  const found = models.list().filter(({ provider }) => provider === 'ollama');
  assert.deepEqual(
    found.map(({ model, contextWindow, cost }) => [model, contextWindow, cost.input]),
    [
      ['qwen3:4b', 16_384, 0],
      ['llava:7b', 8_192, 0],
      ['big:cloud', null, null],
    ],
  );
  assert.deepEqual(found[0]?.capabilities, {
    tools: true,
    images: false,
    reasoning: true,
    temperature: true,
  });
  assert.deepEqual(found[1]?.capabilities, {
    tools: false,
    images: true,
    reasoning: false,
    temperature: true,
  });
  assert.ok(found.every(({ available }) => available));
  assert.deepEqual(
    models.defaultConfig(),
    { provider: 'ollama', model: 'qwen3:4b' },
    'a real model before the demo',
  );
  assert.equal(models.connections().get('ollama')?.baseUrl, `${server.url}/v1`);
  const state = models.providerStates().find(({ id }) => id === 'ollama');
  assert.deepEqual([state?.configured, state?.models], [true, 3]);
  models.close();
  await server.close();
});

test('Ollama that answers about nothing but names is used all the same', async () => {
  const server = await jsonServer(({ path }) =>
    path === '/api/tags' ? json({ models: [{ name: 'old' }] }) : undefined,
  );
  const models = await managerFor({ OLLAMA_BASE_URL: `${server.url}/v1` });
  await models.lookForServers();
  const old = models.describe({ provider: 'ollama', model: 'old' });
  assert.deepEqual([old.available, old.contextWindow, old.capabilities.tools], [true, null, true]);
  models.close();
  await server.close();
});

test('LM Studio, llama.cpp and vLLM are found, each with its window', async () => {
  const lmstudio = await jsonServer(({ path }) => {
    if (path === '/v1/models')
      return json({
        data: [{ id: 'qwen' }, { id: 'text-embedding-nomic' }, { id: 'vec' }, { id: 'unlisted' }],
      });
    if (path !== '/api/v0/models') return undefined;
    return json({
      data: [
        {
          id: 'qwen',
          type: 'vlm',
          max_context_length: 32_768,
          loaded_context_length: 4_096,
          capabilities: ['tool_use'],
        },
        { id: 'vec', type: 'embeddings' },
      ],
    });
  });
  const llamacpp = await jsonServer(({ path }) => {
    if (path === '/v1/models') return json({ data: [{ id: 'gemma', meta: { n_ctx_train: 131_072 } }] });
    return path === '/props'
      ? json({ default_generation_settings: { n_ctx: 8_192 }, modalities: { vision: true } })
      : undefined;
  });
  const vllm = await jsonServer(({ path }) =>
    path === '/v1/models'
      ? json({ object: 'list', data: [{ id: 'org/model', max_model_len: 65_536 }] })
      : undefined,
  );
  const models = await managerFor({
    LMSTUDIO_BASE_URL: lmstudio.url,
    LLAMACPP_BASE_URL: llamacpp.url,
    VLLM_BASE_URL: vllm.url,
  });
  await models.lookForServers();
  const local = models.list().filter(({ provider }) => ['lmstudio', 'llamacpp', 'vllm'].includes(provider));
  assert.deepEqual(
    local.map(({ name, contextWindow, capabilities }) => [name, contextWindow, capabilities.images]),
    [
      ['lmstudio/qwen', 4_096, true],
      ['lmstudio/unlisted', null, false],
      ['llamacpp/gemma', 8_192, true],
      ['vllm/org/model', 65_536, false],
    ],
  );
  assert.deepEqual(models.resolveName('org/model'), { provider: 'vllm', model: 'org/model' });
  models.close();
  await Promise.all([lmstudio.close(), llamacpp.close(), vllm.close()]);
});

test('another program at the port is not taken for a model server, and a silent one delays nobody', async () => {
  const page = await jsonServer(() => ({
    text: '<html>hello</html>',
    headers: { 'content-type': 'text/html' },
  }));
  const silent = await jsonServer(() => 'never');
  const models = await managerFor({ LLAMACPP_BASE_URL: page.url, VLLM_BASE_URL: silent.url });
  let looked = false;
  const looking = models.lookForServers().then(() => {
    looked = true;
  });
  assert.ok(models.list().length > 0);
  assert.equal(looked, false, 'neither the start nor the list waited for the probe');
  await looking;
  for (const id of ['llamacpp', 'vllm']) {
    const state = models.providerStates().find((known) => known.id === id);
    assert.equal(state?.configured, false);
    assert.match(state?.reason ?? '', /server answers at http:\/\/127\.0\.0\.1:\d+\. Start it/);
  }
  models.close();
  await Promise.all([page.close(), silent.close()]);
});

test('a model of a server that is not there cannot be chosen; the sentence says where it was looked for', async () => {
  const models = await managerFor({});
  await models.lookForServers();
  assert.throws(
    () => models.assertUsable(models.resolveName('ollama/qwen3:4b')),
    (error: unknown) =>
      error instanceof CrosspointError &&
      error.code === 'model_unavailable' &&
      /No Ollama server answers at http:\/\/127\.0\.0\.1:9\. Start it, or set OLLAMA_BASE_URL/.test(
        error.message,
      ),
  );
  models.close();
});

test('a server that comes and goes is found and lost at run time, through the same map of connections', async () => {
  let now = Date.parse('2026-11-25T12:00:00Z');
  const server = await jsonServer(ollama);
  const models = await managerFor({ OLLAMA_BASE_URL: server.url }, { now: () => now });
  const connections = models.connections();
  await models.lookForServers();
  const usable = () => models.describe({ provider: 'ollama', model: 'qwen3:4b' }).available;
  assert.equal(usable(), true);
  await server.close();
  await models.lookForServers();
  assert.equal(usable(), true, 'looked at just now');
  now += 6_000;
  await models.lookForServers();
  assert.equal(usable(), false);
  assert.equal(models.connections(), connections);
  models.close();
});

test('a custom provider without named models is asked for its list, with its own key', async () => {
  const server = await jsonServer(({ path }) =>
    path === '/v1/models' ? json({ data: [{ id: 'claude-like' }, { id: 'embedder' }] }) : undefined,
  );
  const custom = [{ id: 'shop', baseUrl: server.url, wire: 'anthropic-messages', apiKeyEnv: 'SHOP_KEY' }];
  const models = await managerFor({ CUSTOM_PROVIDERS: JSON.stringify(custom), SHOP_KEY: 'shop-key' });
  await models.lookForServers();
  assert.deepEqual(
    models.list().flatMap(({ name, provider }) => (provider === 'shop' ? [name] : [])),
    ['shop/claude-like'],
  );
  assert.equal(server.asked[0]?.headers['x-api-key'], 'shop-key');
  assert.equal(models.target({ provider: 'shop', model: 'claude-like' }).wire, 'anthropic-messages');
  models.close();
  await server.close();
});
