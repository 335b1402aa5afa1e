import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json, jsonServer, type Answers } from '../testing/json-server.ts';
import { managerFor, memorySettings } from '../testing/manager.ts';

const modelsDev = {
  openai: {
    models: {
      'gpt-6-sol': {
        id: 'gpt-6-sol',
        name: 'GPT-6 Sol',
        reasoning: true,
        temperature: false,
        tool_call: true,
        modalities: { input: ['text', 'image'], output: ['text'] },
        cost: { input: 3, output: 12, cache_read: 0.3 },
        limit: { context: 900_000, output: 100_000 },
      },
      'gpt-5.4': {
        id: 'gpt-5.4',
        tool_call: true,
        cost: { input: 2.5, output: 15, cache_read: 0.25, context_over_200k: { input: 6, output: 30 } },
      },
      'gpt-7': {
        id: 'gpt-7',
        name: 'GPT-7',
        reasoning: true,
        tool_call: true,
        modalities: { input: ['text'], output: ['text'] },
        cost: { input: 9, output: 90, context_over_200k: { input: 18, output: 120 } },
      },
      painter: { id: 'painter', tool_call: false, modalities: { input: ['text'], output: ['image'] } },
      broken: { id: 7, cost: 'free' },
      absurd: { id: 'absurd', tool_call: true, cost: { input: -1, output: 1e9 } },
    },
  },
  anthropic: 'not as documented',
};

const openRouter = {
  data: [
    {
      id: 'deepseek/deepseek-v4-pro',
      name: 'DeepSeek: DeepSeek V4 Pro',
      context_length: 1_000_000,
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      pricing: { prompt: '0.0000005', completion: '0.000001', input_cache_read: '0.00000001' },
      top_provider: { max_completion_tokens: 64_000 },
      supported_parameters: ['tools', 'temperature', 'reasoning'],
    },
    {
      id: 'acme/free:free',
      name: 'Acme: Free',
      architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
      pricing: { prompt: '0', completion: '0' },
      supported_parameters: ['tools'],
      expiration_date: '2027-03-01',
    },
    {
      id: 'openrouter/auto',
      architecture: { input_modalities: ['text'], output_modalities: ['text'] },
      pricing: { prompt: '-1', completion: '-1' },
    },
    {
      id: 'acme/painter',
      architecture: { input_modalities: ['text'], output_modalities: ['image'] },
      pricing: { prompt: '1', completion: '1' },
    },
  ],
};

const openAi = {
  data: [
    { id: 'gpt-5.2', shutdown_date: '2026-11-20' },
    { id: 'gpt-5.5', shutdown_date: null },
    { id: 'whisper-1', shutdown_date: '2030-01-01' },
  ],
};

const all: Answers = ({ path }) => {
  if (path === '/api.json') return json(modelsDev);
  if (path === '/openrouter/models') return json(openRouter);
  return path === '/openai/models' ? json(openAi) : undefined;
};

const signal = () => new AbortController().signal;

async function setUp(answers: Answers, settings = memorySettings(), env: Record<string, string> = {}) {
  const server = await jsonServer(answers);
  const warnings: string[] = [];
  let now = Date.parse('2026-11-25T12:00:00Z');
  const open = () =>
    managerFor(
      {
        OPENAI_API_KEY: 'sk-openai-key',
        OPENROUTER_API_KEY: 'sk-or-key',
        OPENAI_BASE_URL: `${server.url}/openai`,
        OPENROUTER_BASE_URL: `${server.url}/openrouter`,
        ...env,
      },
      {
        settings,
        modelsDevUrl: `${server.url}/api.json`,
        now: () => now,
        logger: { warn: (details, message) => warnings.push(`${JSON.stringify(details)} ${message}`) },
      },
    );
  const later = (hours: number) => {
    now += hours * 3_600_000;
  };
  return { server, settings, warnings, open, later, models: await open() };
}

test('newer facts replace ours, with their source and date, and new models appear', async () => {
  const { server, models } = await setUp(all);
  await models.refresh(signal());
  const sol = models.describe({ provider: 'openai', model: 'gpt-6-sol' });
  assert.deepEqual(sol.cost, { input: 3, output: 12, cacheRead: 0.3 });
  assert.equal(sol.contextWindow, 900_000);
  assert.equal(sol.source, 'models.dev');
  assert.equal(sol.asOf, '2026-11-25');
  assert.equal(sol.approximate, undefined, 'no longer second-hand');
  const seven = models.describe(models.resolveName('gpt-7'));
  assert.equal(seven.label, 'GPT-7');
  assert.equal(seven.wire, 'openai-responses');
  assert.deepEqual(seven.cost.tiers, [{ above: 200_000, input: 18, output: 120 }]);
  const known = models.describe({ provider: 'openai', model: 'gpt-5.4' });
  assert.equal(known.cost.tiers?.[0]?.above, 272_000, 'the better limit stays while the prices are the same');
  const pro = models.describe({ provider: 'openrouter', model: 'deepseek/deepseek-v4-pro' });
  assert.deepEqual(pro.cost, { input: 0.5, output: 1, cacheRead: 0.01 });
  assert.equal(pro.label, 'DeepSeek V4 Pro');
  assert.equal(pro.maxOutput, 64_000);
  const free = models.describe({ provider: 'openrouter', model: 'acme/free:free' });
  assert.deepEqual([free.cost.input, free.retiresOn], [0, '2027-03-01']);
  const auto = models.describe({ provider: 'openrouter', model: 'openrouter/auto' });
  assert.equal(auto.cost.input, null, 'a price that depends is unknown, not negative');
  const ids = models.list().map(({ model }) => model);
  for (const id of ['painter', 'acme/painter', 'broken', 'absurd', 'whisper-1'])
    assert.ok(!ids.includes(id), id);
  models.close();
  await server.close();
});

test("OpenAI's shutdown date retires a model by itself, with a successor", async () => {
  const { server, models } = await setUp(all);
  await models.refresh(signal());
  const gone = models.describe({ provider: 'openai', model: 'gpt-5.2' });
  assert.equal(gone.status, 'retired');
  assert.equal(gone.retiresOn, '2026-11-20');
  assert.equal(gone.successor, 'openai/gpt-5.5');
  assert.equal(gone.source, 'models.dev', 'the date says nothing about where the price is from');
  assert.throws(
    () => models.assertUsable({ provider: 'openai', model: 'gpt-5.2' }),
    /retired by OpenAI on 2026-11-20/,
  );
  models.close();
  await server.close();
});

test('each key goes to its own provider only, and models.dev gets none', async () => {
  const { server, models } = await setUp(all);
  await models.refresh(signal());
  const sent = new Map(server.asked.map(({ path, headers }) => [path, headers.authorization]));
  assert.equal(sent.get('/api.json'), undefined);
  assert.equal(sent.get('/openai/models'), 'Bearer sk-openai-key');
  assert.equal(sent.get('/openrouter/models'), 'Bearer sk-or-key');
  models.close();
  await server.close();
});

test('what was fetched is there after a restart, and is fetched again only when it is old', async () => {
  const { server, models, open, later } = await setUp(all);
  await models.refresh(signal());
  models.close();
  const asked = server.asked.length;
  later(1);
  const second = await open();
  assert.equal(second.describe({ provider: 'openai', model: 'gpt-7' }).label, 'GPT-7');
  await second.refresh(signal());
  assert.equal(server.asked.length, asked);
  later(12);
  await second.refresh(signal());
  assert.ok(server.asked.length > asked);
  second.close();
  await server.close();
});

test('one source that fails leaves what it gave before, and the others are used', async () => {
  const settings = memorySettings();
  const first = await setUp(all, settings);
  await first.models.refresh(signal());
  first.models.close();
  await first.server.close();
  const second = await setUp(
    ({ path }) => (path === '/api.json' ? { status: 500, text: '' } : all({ path } as never)),
    settings,
  );
  second.later(13);
  await second.models.refresh(signal());
  assert.equal(second.models.describe({ provider: 'openai', model: 'gpt-7' }).label, 'GPT-7');
  assert.match(second.warnings.join('\n'), /could not be fetched/);
  second.models.close();
  await second.server.close();
});

test('nothing is fetched without a provider key, nor when it is switched off', async () => {
  const quiet: Record<string, string>[] = [
    { OPENAI_API_KEY: '', OPENROUTER_API_KEY: '' },
    { CROSSPOINT_REFRESH_MODELS: 'off' },
  ];
  for (const env of quiet) {
    const { server, models } = await setUp(all, memorySettings(), env);
    await models.refresh(signal());
    assert.deepEqual(server.asked, []);
    models.close();
    await server.close();
  }
});

test('bad answers of every kind change nothing and never throw: no JSON, a redirect, far too much, an abort, a full disk', async () => {
  const huge = 'x'.repeat(25_000_000);
  const bad: Answers[] = [
    () => ({ text: '<html>' }),
    () => json(null),
    () => json({ data: 'no list' }),
    ({ path }) =>
      path === '/elsewhere'
        ? json(modelsDev)
        : { status: 302, headers: { location: '/elsewhere' }, text: '' },
    ({ path }) => (path === '/api.json' ? { text: huge } : undefined),
  ];
  for (const answers of bad) {
    const { server, models, warnings } = await setUp(answers);
    const before = models.list();
    await models.refresh(signal());
    assert.deepEqual(models.list(), before);
    assert.ok(!server.asked.some(({ path }) => path === '/elsewhere'), 'a key follows no redirect');
    assert.ok(warnings.length > 0);
    models.close();
    await server.close();
  }
  const silent = await setUp(() => 'never');
  const stop = new AbortController();
  const refreshing = silent.models.refresh(stop.signal);
  stop.abort();
  await refreshing;
  silent.models.close();
  await silent.server.close();
  const full = await setUp(all, { ...memorySettings(), set: () => Promise.reject(new Error('disk full')) });
  await full.models.refresh(signal());
  assert.match(full.warnings.join('\n'), /could not be stored/);
  assert.equal(full.models.describe({ provider: 'openai', model: 'gpt-7' }).label, 'GPT-7');
  full.models.close();
  await full.server.close();
});

test('an unreadable record of the last refresh is passed over', async () => {
  for (const text of [
    '{',
    '{"fetchedAt":1}',
    JSON.stringify({ fetchedAt: 1, patches: [{ provider: 'x' }] }),
  ]) {
    const models = await managerFor({}, { settings: memorySettings({ 'models.facts': text }) });
    assert.ok(models.list().length > 50);
    models.close();
  }
});
