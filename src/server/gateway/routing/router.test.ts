import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrosspointError } from '#protocol/errors.ts';
import { target } from '../testing/workbench.ts';
import type { Connection } from '../types.ts';
import type { AttemptOutcome, Candidate } from '../v1/types.ts';
import { parseGatewayConfig, type GatewayConfig } from './gateway-config.ts';
import { KeyRouter } from './key-router.ts';
import { ModelRouter, type ModelDirectory } from './router.ts';
import { Turns } from './turns.ts';

const environment: Record<string, string> = {
  OPENAI_API_KEY: 'sk-one',
  OPENAI_API_KEY_2: 'sk-two',
  GROQ_API_KEY: 'gsk-one',
};

function connection(provider: string): Connection {
  const apiKeyVariable = `${provider.toUpperCase()}_API_KEY`;
  return {
    provider,
    label: provider,
    baseUrl: `https://${provider}.test/v1`,
    apiKey: environment[apiKeyVariable] ?? null,
    apiKeyVariable,
    auth: 'bearer',
    headers: {},
    dialect: {},
  };
}

const directory: ModelDirectory = {
  resolveName(name) {
    if (name === 'preset') return { provider: 'openai', model: 'gpt-4o' };
    const [provider = '', model] = name.split('/');
    if (!model) throw new CrosspointError('invalid_model_preset');
    return { provider, model };
  },
  assertUsable({ provider, model }, use) {
    if (model === 'vectors' && use === 'answers')
      throw new CrosspointError('model_unavailable', { model, reason: 'It makes vectors.' });
    if (model === 'old')
      throw new CrosspointError('model_retired', { model, provider, when: '', successor: 'gpt-4o' });
  },
  target: ({ provider, model }) => target(`${provider}:${model}`),
};

/** A router with a clock that stands still until it is moved. */
function openRouter(form: object = {}) {
  const parsed = parseGatewayConfig(form);
  assert.ok('config' in parsed, JSON.stringify(parsed));
  const state = { now: 1_000_000, config: parsed.config as GatewayConfig, warnings: [] as object[] };
  const connections = new Map(['openai', 'groq', 'anthropic'].map((id) => [id, connection(id)]));
  const keys = new KeyRouter({
    connections,
    config: () => state.config,
    secretOf: (variable) => environment[variable] ?? null,
    logger: { warn: (details) => void state.warnings.push(details) },
    now: () => state.now,
    random: () => 0.5,
  });
  return { state, keys, router: new ModelRouter(directory, keys) };
}

type Bench = ReturnType<typeof openRouter>;

const ids = (candidates: readonly Candidate[]) => candidates.map(({ id, target }) => `${id} ${target.model}`);
const end = (kind: AttemptOutcome['kind'], more: Partial<AttemptOutcome> = {}): AttemptOutcome => ({
  kind,
  latencyMs: 100,
  ttftMs: 10,
  ...more,
});

/** One request of one attempt, to the candidate of this id. */
function attempt({ router }: Bench, name: string, id: string, outcome: AttemptOutcome): void {
  const candidate = router.candidates(name).find((each) => each.id === id) as Candidate;
  if (!router.begin(candidate)) router.begin(candidate, true);
  router.report(candidate, outcome);
}

const twoKeys = { keys: { openai: ['OPENAI_API_KEY', 'OPENAI_API_KEY_2'] } };
const [one, two] = ['openai/OPENAI_API_KEY', 'openai/OPENAI_API_KEY_2'];

test('a chain becomes names of the configuration, presets and provider/model, each with its endpoints and keys', () => {
  const { router } = openRouter({
    ...twoKeys,
    models: {
      fast: {
        endpoints: [
          { provider: 'groq', model: 'llama' },
          { provider: 'openai', model: 'gpt-4o-mini', key: 'OPENAI_API_KEY_2' },
        ],
      },
    },
  });
  const found = router.candidates('fast, preset, groq/llama');
  assert.deepEqual(ids(found), [
    'groq/GROQ_API_KEY llama',
    `${two} gpt-4o-mini`,
    `${one} gpt-4o`,
    `${two} gpt-4o`,
  ]);
  assert.deepEqual(
    found.map(({ connection: { apiKey } }) => apiKey),
    ['gsk-one', 'sk-two', 'sk-one', 'sk-two'],
  );
});

test('what cannot be used is left out with its reason, and when nothing is left the error gives every reason', () => {
  const { router } = openRouter({
    keys: { openai: ['OPENAI_API_KEY', 'OPENAI_API_KEY_9'], groq: ['GROQ_API_KEY_9'] },
  });
  assert.deepEqual(ids(router.candidates('openai/old,groq/llama,openai/gpt-4o')), [`${one} gpt-4o`]);
  const reasons = router.leftOut('openai/old,groq/llama,openai/gpt-4o');
  assert.match(reasons.join('\n'), /old was retired by openai.*\n.*groq\/llama.*GROQ_API_KEY_9 is not set/);
  assert.throws(() => router.candidates('openai/old,groq/llama'), {
    code: 'model_unavailable',
    message: /retired by openai.*GROQ_API_KEY_9 is not set/,
  });
  assert.throws(() => router.candidates('nonsense'), { code: 'unknown_model' });
  for (const nothing of ['', ' , ', Array(11).fill('preset').join(',')])
    assert.throws(() => router.candidates(nothing), { code: 'unknown_model' });
});

test('a model that makes vectors is found for embeddings only', () => {
  const { router } = openRouter();
  assert.deepEqual(ids(router.candidates('openai/vectors', 'embeddings')), [`${one} vectors`]);
  assert.throws(() => router.candidates('openai/vectors'), { code: 'model_unavailable' });
});

test('a 429 takes out this key for this model as long as it says and no longer, and nothing else', () => {
  const bench = openRouter(twoKeys);
  attempt(bench, 'openai/gpt-4o', one, end('rate-limited', { retryAfterMs: 20_000 }));
  assert.deepEqual(ids(bench.router.candidates('openai/gpt-4o')), [`${two} gpt-4o`, `${one} gpt-4o`]);
  assert.deepEqual(ids(bench.router.candidates('openai/gpt-5')), [`${one} gpt-5`, `${two} gpt-5`]);
  const [, limited] = bench.router.candidates('openai/gpt-4o');
  assert.equal(bench.router.begin(limited as Candidate), false);
  bench.state.now += 19_999;
  assert.equal(bench.router.begin(limited as Candidate), false);
  bench.state.now += 1;
  assert.equal(bench.router.begin(limited as Candidate), true);
});

test('a request waits only when every key was told to, and then for the first of them', () => {
  const bench = openRouter(twoKeys);
  const keys = () => bench.keys.keysFor(target('openai:gpt-4o'));
  attempt(bench, 'openai/gpt-4o', one, end('rate-limited', { retryAfterMs: 20_000 }));
  assert.equal(bench.keys.waitMs(keys()), 0);
  attempt(bench, 'openai/gpt-4o', two, end('rate-limited', { retryAfterMs: 5_000 }));
  assert.equal(bench.keys.waitMs(keys()), 5_000);
  bench.state.now += 5_000;
  assert.equal(bench.keys.waitMs(keys()), 0);
  attempt(bench, 'openai/gpt-4o', two, end('rate-limited', { retryAfterMs: 3_600_000 }));
  assert.equal(bench.keys.waitMs(keys()), 0, 'an hour is no wait but a refusal');
});

test('a refused key is out for every model for ten minutes and said so once; what it may not use, for that model only', () => {
  const bench = openRouter(twoKeys);
  attempt(bench, 'openai/gpt-4o', one, end('denied'));
  attempt(bench, 'openai/gpt-4o', one, end('denied'));
  assert.equal(ids(bench.router.candidates('openai/gpt-5'))[0], `${two} gpt-5`);
  assert.equal(bench.state.warnings.length, 1);
  assert.doesNotMatch(JSON.stringify(bench.state.warnings), /sk-/);
  bench.state.now += 600_000;
  assert.equal(ids(bench.router.candidates('openai/gpt-5'))[0], `${one} gpt-5`);
  attempt(bench, 'openai/gpt-5', one, end('denied', { onlyModel: true }));
  assert.equal(ids(bench.router.candidates('openai/gpt-5'))[0], `${two} gpt-5`);
  assert.equal(ids(bench.router.candidates('openai/gpt-5.2'))[0], `${one} gpt-5.2`);
});

test('failures of one key never punish the other, and what the caller is to blame for counts for nobody', () => {
  const bench = openRouter(twoKeys);
  for (let count = 0; count < 50; count++)
    for (const kind of ['refused', 'aborted'] as const) attempt(bench, 'openai/gpt-4o', one, end(kind));
  assert.equal(ids(bench.router.candidates('openai/gpt-4o'))[0], `${one} gpt-4o`);
  for (let count = 0; count < 5; count++) attempt(bench, 'openai/gpt-4o', one, end('cut'));
  const states = bench.keys.health();
  assert.deepEqual(
    states.map(({ id, requests, errorRatio, breaker, out, untilMs }) => [
      id,
      requests,
      errorRatio,
      breaker,
      out,
      untilMs,
    ]),
    [[one, 5, 1, 'open', 'failing', 15_000]],
  );
  assert.equal(ids(bench.router.candidates('openai/gpt-4o'))[0], `${two} gpt-4o`);
});

test('when every breaker is open the one that comes back first is tried: no outage of our own making', () => {
  const bench = openRouter({
    ...twoKeys,
    models: { x: { endpoints: [{ provider: 'openai', model: 'gpt-4o' }] } },
  });
  for (const [id, pause] of [
    [two, 0],
    [one, 1_000],
  ] as const) {
    bench.state.now += pause;
    for (let count = 0; count < 5; count++) attempt(bench, 'x', id, end('failed'));
  }
  const ways = bench.router.candidates('x').map((candidate) => ({ candidate }));
  assert.ok(ways.every(({ candidate }) => !bench.router.begin(candidate)));
  const turns = new Turns(bench.router, ways);
  const way = turns.first();
  assert.equal(way.candidate.id, two);
  assert.equal(turns.next(), null, 'one is enough');
  bench.router.report(way.candidate, end('ok'));
  assert.equal(ids(bench.router.candidates('x'))[0], `${two} gpt-4o`, 'and its answer closes it');
});

test('of 1,000 requests at once a dead endpoint gets the few that find out, and then one probe at a time', async () => {
  const bench = openRouter({
    models: {
      x: {
        endpoints: [
          { provider: 'groq', model: 'dead' },
          { provider: 'openai', model: 'gpt-4o' },
        ],
      },
    },
  });
  const { router, state } = bench;
  const reached = { dead: 0, alive: 0 };
  const ask = async () => {
    const turns = new Turns(
      router,
      router.candidates('x').map((candidate) => ({ candidate })),
    );
    for (let way: { candidate: Candidate } | null = turns.first(); way; way = turns.next()) {
      const isDead = way.candidate.target.model === 'dead';
      reached[isDead ? 'dead' : 'alive']++;
      await Promise.resolve();
      router.report(way.candidate, end(isDead ? 'failed' : 'ok'));
      if (!isDead) return;
    }
    throw new Error('nobody answered');
  };
  for (let count = 0; count < 5; count++) await ask();
  assert.deepEqual(reached, { dead: 5, alive: 5 });
  await Promise.all(Array.from({ length: 1_000 }, ask));
  assert.deepEqual(reached, { dead: 5, alive: 1_005 });
  // Three times its breaker lets one probe through, each after twice the time.
  for (const [probes, pause] of [
    [6, 15_000],
    [7, 30_000],
    [8, 60_000],
  ] as const) {
    state.now += pause;
    await Promise.all(Array.from({ length: 1_000 }, ask));
    assert.equal(reached.dead, probes);
  }
  assert.equal(reached.alive, 4_005);
});

test('a change of the configuration applies to the next request, and keeps what is known unless the breaker changed', () => {
  const bench = openRouter();
  for (let count = 0; count < 5; count++) attempt(bench, 'openai/gpt-4o', one, end('failed'));
  const next = parseGatewayConfig({
    ...twoKeys,
    models: { mine: { endpoints: [{ provider: 'groq', model: 'llama' }] } },
  });
  bench.state.config = (next as { config: GatewayConfig }).config;
  assert.deepEqual(ids(bench.router.candidates('mine,openai/gpt-4o')), [
    'groq/GROQ_API_KEY llama',
    `${two} gpt-4o`,
    `${one} gpt-4o`,
  ]);
  const eager = parseGatewayConfig({ breaker: { minRequests: 1 } });
  bench.state.config = (eager as { config: GatewayConfig }).config;
  assert.equal(ids(bench.router.candidates('openai/gpt-4o'))[0], `${one} gpt-4o`);
  assert.deepEqual(bench.keys.health(), []);
  attempt(bench, 'openai/gpt-4o', one, end('failed'));
  assert.equal(bench.keys.health()[0]?.breaker, 'open');
});

test('an endpoint keeps its share however many keys it has', () => {
  const { keys, router: _ } = openRouter({
    keys: { openai: ['OPENAI_API_KEY', { key: 'OPENAI_API_KEY_2', weight: 3 }] },
  });
  const ways = keys.ways(keys.config(), target('openai:gpt-4o'), 8);
  assert.deepEqual(
    ways.map(({ weight }) => weight),
    [2, 6],
  );
});

test('the health of endpoints that the configuration names is told before anybody has asked them', () => {
  const bench = openRouter({
    models: {
      x: {
        endpoints: [
          { provider: 'groq', model: 'llama' },
          { provider: 'openai', model: 'old' },
        ],
      },
    },
  });
  attempt(bench, 'openai/gpt-4o', one, end('ok'));
  attempt(bench, 'x', 'groq/GROQ_API_KEY', end('cut'));
  assert.deepEqual(
    bench.router.health().map(({ id, model, requests, latencyMs }) => [id, model, requests, latencyMs]),
    [
      ['groq/GROQ_API_KEY', 'llama', 1, 5_000],
      [one, 'gpt-4o', 1, 10],
    ],
  );
  assert.deepEqual(
    openRouter({ models: { x: { endpoints: [{ provider: 'groq', model: 'llama' }] } } })
      .router.health()
      .map(({ requests, errorRatio, latencyMs, breaker, out }) => [
        requests,
        errorRatio,
        latencyMs,
        breaker,
        out,
      ]),
    [[0, null, null, 'closed', null]],
  );
});

test('names of models that clients make up are forgotten again', () => {
  const bench = openRouter();
  for (let count = 0; count < 1_500; count++) attempt(bench, `openai/made-up-${count}`, one, end('failed'));
  assert.equal(bench.keys.health().length, 1_000);
});
