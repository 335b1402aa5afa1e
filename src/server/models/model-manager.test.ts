import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError, type ErrorCode } from '#protocol/errors.ts';
import { ConfigError } from '#server/config.ts';
import { managerFor, memorySettings, noServers } from './testing/manager.ts';

const code = (expected: ErrorCode, sentence?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CrosspointError);
  assert.equal(error.code, expected);
  if (sentence) assert.match(error.message, sentence);
  return true;
};

const allKeys = {
  OPENAI_API_KEY: 'sk-openai',
  ANTHROPIC_API_KEY: 'sk-anthropic',
  GROQ_API_KEY: 'gsk-groq',
  OPENROUTER_API_KEY: 'sk-or',
};

test('a name is a preset, provider/model, a bare id, or a newer model of a known provider', async () => {
  const models = await managerFor(allKeys);
  const named = (name: string) => {
    const { provider, model } = models.resolveName(name);
    return `${provider} ${model}`;
  };
  assert.equal(named('gpt-4o'), 'openai gpt-4o');
  assert.equal(named('claude-3-5-sonnet'), 'anthropic claude-3-5-sonnet-20241022');
  assert.equal(named('gemini-pro'), 'openrouter google/gemini-pro-1.5');
  assert.equal(named('anthropic/claude-opus-4-8'), 'anthropic claude-opus-4-8');
  assert.equal(named('claude-sonnet-5'), 'anthropic claude-sonnet-5');
  assert.equal(named('openai/gpt-oss-120b'), 'groq openai/gpt-oss-120b', 'an id with a slash of its own');
  assert.equal(named('groq/openai/gpt-oss-20b'), 'groq openai/gpt-oss-20b');
  assert.equal(named('openai/gpt-9'), 'openai gpt-9');
  for (const name of [
    '',
    'nothing',
    'nobody/x',
    'openai/',
    'constructor',
    '__proto__',
    'openai/a b',
    'openai/\u0007',
  ])
    assert.throws(
      () => models.resolveName(name),
      code('invalid_model_preset', /^Invalid model preset$/),
      name,
    );
  models.close();
});

test('a custom choice needs a provider that exists and a model', async () => {
  const models = await managerFor({});
  assert.deepEqual(models.resolveCustom('openai', ' gpt-9 '), { provider: 'openai', model: 'gpt-9' });
  assert.throws(() => models.resolveCustom('', 'x'), code('missing_model'));
  assert.throws(() => models.resolveCustom('openai', ' '), code('missing_model'));
  assert.throws(
    () => models.resolveCustom('nobody', 'x'),
    code('unknown_provider', /Use one of: openai, anthropic/),
  );
  assert.throws(() => models.resolveCustom('openai', 'x'.repeat(201)), code('bad_request'));
  models.close();
});

test('a retired preset resolves, and choosing it says who, when and what instead before a request is spent', async () => {
  const models = await managerFor(allKeys);
  const use = (name: string) => () => models.assertUsable(models.resolveName(name));
  assert.throws(
    use('gpt-4-turbo'),
    code(
      'model_retired',
      /^GPT-4 Turbo was retired by OpenAI on 2026-10-23\. Use openai\/gpt-5\.4 instead\.$/,
    ),
  );
  assert.throws(
    use('claude-3-5-sonnet'),
    code('model_retired', /by Anthropic\. Use anthropic\/claude-sonnet-5 instead/),
  );
  assert.throws(use('mixtral-8x7b'), code('model_retired', /by Groq on 2025-03-20/));
  assert.doesNotThrow(use('gpt-4o'));
  const retired = models.list().filter(({ status }) => status === 'retired');
  assert.ok(
    retired.every(
      ({ available, unavailableReason, successor }) => !available && unavailableReason && successor,
    ),
  );
  models.close();
});

test('status follows the calendar: active, marked in the last month, then retired', async () => {
  const on = async (day: string) => {
    const models = await managerFor(allKeys, { now: () => Date.parse(`${day}T00:00:00Z`) });
    models.close();
    return models.describe({ provider: 'openai', model: 'gpt-4o' });
  };
  assert.deepEqual((await on('2026-11-25')).status, 'active');
  assert.equal((await on('2026-11-25')).retiresOn, '2027-01-14');
  assert.equal((await on('2026-12-20')).status, 'deprecated');
  assert.equal((await on('2027-01-13')).available, true);
  assert.equal((await on('2027-01-14')).status, 'retired');
});

test('the list names presets and provider/model, leaves embeddings out, and the demo comes last', async () => {
  const models = await managerFor(allKeys);
  const list = models.list();
  assert.ok(
    list.some(({ name, model }) => name === 'qwen-2.5-72b' && model === 'qwen/qwen-2.5-72b-instruct'),
  );
  assert.ok(list.some(({ name }) => name === 'anthropic/claude-opus-5-5'));
  assert.ok(!list.some(({ model }) => model.startsWith('text-embedding')));
  assert.deepEqual(
    list.slice(-2).map(({ name }) => name),
    ['demo/scripted-chat', 'demo/scripted-messages'],
  );
  assert.deepEqual(
    models.presets().every((name) => list.some((model) => model.name === name)),
    true,
  );
  models.close();
});

test('without a key a model is there with the reason and the variable, and cannot be chosen', async () => {
  const models = await managerFor({});
  const opus = models.describe({ provider: 'anthropic', model: 'claude-opus-4-8' });
  assert.equal(opus.available, false);
  assert.match(opus.unavailableReason ?? '', /ANTHROPIC_API_KEY is not set/);
  assert.throws(
    () => models.assertUsable({ provider: 'anthropic', model: 'claude-opus-4-8' }),
    code('model_unavailable', /^Claude Opus 4\.8 \(Anthropic\) cannot be used: ANTHROPIC_API_KEY/),
  );
  assert.throws(
    () => models.assertUsable({ provider: 'openai', model: 'text-embedding-3-small' }),
    code('model_unavailable', /vectors/),
  );
  assert.doesNotThrow(() => models.assertUsable({ provider: 'demo', model: 'scripted-chat' }));
  models.close();
});

test('a model that makes vectors can be asked for them, and for nothing else', async () => {
  const models = await managerFor({ OPENAI_API_KEY: 'sk-test' });
  const embedding = models.resolveName('openai/text-embedding-3-small');
  assert.throws(() => models.assertUsable(embedding), code('model_unavailable', /vectors/));
  assert.doesNotThrow(() => models.assertUsable(embedding, 'embeddings'));
  models.close();
});

test("Helicone's unified gateway serves without provider keys what it can name; its proxies do not", async () => {
  const gateway = await managerFor({ HELICONE_API_KEY: 'sk-helicone-x', HELICONE_MODE: 'gateway' });
  const usable = (provider: string, model: string) => gateway.describe({ provider, model }).available;
  assert.equal(usable('openai', 'gpt-5.4'), true);
  assert.equal(usable('groq', 'openai/gpt-oss-120b'), true);
  assert.equal(
    gateway.target({ provider: 'groq', model: 'openai/gpt-oss-120b' }).heliconeModel,
    'gpt-oss-120b',
  );
  assert.equal(usable('openrouter', 'deepseek/deepseek-chat'), false);
  assert.match(
    gateway.describe({ provider: 'openrouter', model: 'deepseek/deepseek-chat' }).unavailableReason ?? '',
    /no name for it, and OPENROUTER_API_KEY is not set/,
  );
  assert.equal(gateway.connections().get('openai')?.apiKey, null);
  gateway.close();
  const proxy = await managerFor({ HELICONE_API_KEY: 'sk-helicone-x' });
  assert.equal(proxy.describe({ provider: 'openai', model: 'gpt-5.4' }).available, false);
  proxy.close();
});

test('connections go to the configured addresses, each with its own key and nobody else’s', async () => {
  const models = await managerFor({ ...allKeys, ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/a', PORT: '4000' });
  const connections = models.connections();
  const openai = connections.get('openai');
  assert.equal(openai?.baseUrl, 'https://api.openai.com/v1');
  assert.equal(openai?.apiKey, 'sk-openai');
  assert.equal(openai?.heliconeBaseUrl, 'https://oai.helicone.ai/v1');
  assert.equal(connections.get('anthropic')?.baseUrl, 'http://127.0.0.1:1/a');
  assert.equal(connections.get('anthropic')?.auth, 'x-api-key');
  assert.equal(connections.get('groq')?.dialect.stringContentOnly, true);
  assert.deepEqual(connections.get('openrouter')?.headers, {
    'HTTP-Referer': 'http://localhost:4000',
    'X-Title': 'Crosspoint',
  });
  for (const [id, { apiKey, heliconeBaseUrl }] of connections) {
    if (apiKey === null) assert.equal(heliconeBaseUrl, undefined, id);
  }
  models.close();
});

test('a target has everything that matters, is made anew each time, and an unknown model has no price', async () => {
  const models = await managerFor(allKeys);
  const qwen = models.target({ provider: 'groq', model: 'qwen/qwen3-32b', temperature: 0.1 });
  assert.deepEqual(qwen.dialect, { reasoningFormat: 'parsed' });
  assert.notEqual(models.target({ provider: 'groq', model: 'qwen/qwen3-32b' }), qwen);
  const newest = models.target({ provider: 'openai', model: 'gpt-9' });
  assert.deepEqual(newest.cost, { input: null, output: null });
  assert.equal(newest.wire, 'openai-responses');
  assert.equal(newest.capabilities.temperature, false);
  assert.equal(models.target({ provider: 'openai', model: 'gpt-4-new' }).wire, 'openai-chat');
  const claude = models.target({ provider: 'anthropic', model: 'claude-next-7' });
  assert.equal(claude.wire, 'anthropic-messages');
  assert.equal(claude.contextWindow, null);
  models.close();
});

test('the default is DEFAULT_MODEL, else the last choice, else the first provider with a key, else the demo', async () => {
  const defaults = async (env: Record<string, string>, kept: Record<string, string> = {}) => {
    const models = await managerFor(env, { settings: memorySettings(kept) });
    models.close();
    const { provider, model } = models.defaultConfig();
    return `${provider}/${model}`;
  };
  const choice = { 'models.choice': JSON.stringify({ provider: 'groq', model: 'openai/gpt-oss-20b' }) };
  assert.equal(await defaults({}), 'demo/scripted-chat');
  assert.equal(await defaults({ GROQ_API_KEY: 'x' }), 'groq/openai/gpt-oss-120b');
  assert.equal(await defaults(allKeys), 'openai/gpt-5.5');
  assert.equal(await defaults(allKeys, choice), 'groq/openai/gpt-oss-20b');
  assert.equal(await defaults({ OPENAI_API_KEY: 'x' }, choice), 'openai/gpt-5.5', 'its key is gone');
  assert.equal(await defaults(allKeys, { 'models.choice': '{"provider":1' }), 'openai/gpt-5.5', 'unreadable');
  assert.equal(await defaults({ ...allKeys, DEFAULT_MODEL: 'gpt-4o' }, choice), 'openai/gpt-4o');
  assert.equal(await defaults({ DEFAULT_MODEL_PROVIDER: 'anthropic' }), 'anthropic/claude-opus-4-8');
  const both = { DEFAULT_MODEL_PROVIDER: 'anthropic', DEFAULT_MODEL: 'claude-sonnet-5' };
  assert.equal(await defaults(both), 'anthropic/claude-sonnet-5');
  const preset = { DEFAULT_MODEL_PROVIDER: 'groq', DEFAULT_MODEL: 'llama-3.3-70b' };
  assert.equal(await defaults(preset), 'groq/llama-3.3-70b-versatile');
  const local = { DEFAULT_MODEL_PROVIDER: 'ollama', DEFAULT_MODEL: 'qwen3:4b' };
  assert.equal(await defaults(local), 'ollama/qwen3:4b', 'its server may start later');
});

test('a choice survives a restart with its settings', async () => {
  const settings = memorySettings();
  const first = await managerFor(allKeys, { settings });
  const config = {
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    temperature: 0.2,
    reasoningEffort: 'high',
  } as const;
  await first.rememberChoice(config);
  assert.deepEqual(first.defaultConfig(), config);
  first.close();
  const second = await managerFor(allKeys, { settings });
  assert.deepEqual(second.defaultConfig(), config);
  second.close();
});

test('a wrong default and a taken provider id are errors at start that name the variable', async () => {
  const fails = (env: Record<string, string>, sentence: RegExp) =>
    assert.rejects(managerFor(env), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, sentence);
      return true;
    });
  await fails({ DEFAULT_MODEL: 'gpt-forty' }, /^DEFAULT_MODEL: "gpt-forty" is no model\. Use a preset/);
  await fails(
    { DEFAULT_MODEL_PROVIDER: 'opnai' },
    /^DEFAULT_MODEL_PROVIDER: there is no provider "opnai"\. Use one of: openai/,
  );
  const taken = JSON.stringify([{ id: 'openai', baseUrl: 'http://127.0.0.1:1' }]);
  await fails({ CUSTOM_PROVIDERS: taken }, /^CUSTOM_PROVIDERS: the id "openai" is taken/);
});

test('a custom provider has the models it names, on its wire, and says which key is missing', async () => {
  const custom = [
    { id: 'lab', label: 'The lab', baseUrl: 'http://127.0.0.1:1/v1', models: ['big', 'small'] },
    {
      id: 'shop',
      baseUrl: 'http://127.0.0.1:2',
      wire: 'anthropic-messages',
      apiKeyEnv: 'SHOP_KEY',
      models: ['m'],
    },
  ];
  const models = await managerFor({ CUSTOM_PROVIDERS: JSON.stringify(custom) });
  assert.deepEqual(models.resolveName('lab/big'), { provider: 'lab', model: 'big' });
  assert.equal(models.describe({ provider: 'lab', model: 'big' }).available, true);
  assert.equal(models.connections().get('lab')?.auth, 'none');
  assert.equal(models.target({ provider: 'shop', model: 'm' }).wire, 'anthropic-messages');
  assert.match(
    models.describe({ provider: 'shop', model: 'm' }).unavailableReason ?? '',
    /SHOP_KEY is not set/,
  );
  assert.deepEqual(models.defaultConfig(), { provider: 'lab', model: 'big' });
  const states = new Map(models.providerStates().map((state) => [state.id, state]));
  assert.deepEqual(states.get('lab'), {
    id: 'lab',
    label: 'The lab',
    kind: 'custom',
    configured: true,
    variable: 'CUSTOM_PROVIDERS',
    models: 2,
  });
  assert.equal(states.get('shop')?.configured, false);
  assert.equal(states.get('demo')?.models, 2);
  assert.match(states.get('openai')?.reason ?? '', /OPENAI_API_KEY/);
  models.close();
  const withKey = await managerFor({ CUSTOM_PROVIDERS: JSON.stringify(custom), SHOP_KEY: 'secret-of-shop' });
  assert.equal(withKey.connections().get('shop')?.auth, 'x-api-key');
  assert.equal(withKey.describe({ provider: 'shop', model: 'm' }).available, true);
  assert.ok(!JSON.stringify([withKey.list(), withKey.providerStates()]).includes('secret-of-shop'));
  withKey.close();
});

test("a Claude by the dotted number of its name is the one with Anthropic's id", async () => {
  const models = await managerFor({ ANTHROPIC_API_KEY: 'sk-ant-test', ...noServers });
  for (const name of ['anthropic/claude-sonnet-5.5', 'claude-sonnet-5.5', 'claude-sonnet-5-5'])
    assert.equal(models.resolveName(name).model, 'claude-sonnet-5-5', name);
  const custom = models.resolveCustom('anthropic', 'claude-haiku-5.5');
  assert.deepEqual(custom, { provider: 'anthropic', model: 'claude-haiku-5-5' });
});
