import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig } from '#server/config.ts';
import { readGatewayFile } from '#server/process/gateway-file.ts';
import { wrongName } from './check-names.ts';
import { emptyGatewayConfig, parseGatewayConfig, type GatewayConfig } from './gateway-config.ts';
import { namedVariables, openGatewaySettings, withNamedKeys } from './gateway-settings.ts';

const providers = [
  { id: 'openai', variable: 'OPENAI_API_KEY' },
  { id: 'groq', variable: 'GROQ_API_KEY' },
  { id: 'mine', variable: 'MINE_SECRET' },
  { id: 'ollama' },
];

const yaml = `
# Two keys and a model of our own name.
keys:
  openai: [OPENAI_API_KEY, { key: OPENAI_API_KEY_2, weight: 2 }]
models:
  fast:
    strategy: latency
    endpoints:
      - { provider: openai, model: gpt-5-mini }
      - { provider: groq, model: openai/gpt-oss-120b, key: GROQ_API_KEY }
breaker: { openSeconds: 30 }
limits: { providers: { openai: { concurrency: 8 } } }
`;

function openFolder(files: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-gateway-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dataDir, name), text);
  const kept = new Map<string, string>();
  const warnings: object[] = [];
  return {
    dataDir,
    kept,
    warnings,
    options: async (gatewayFile: string | null = null) => ({
      file: await readGatewayFile({ dataDir, gatewayFile }),
      settings: {
        get: (key: string) => Promise.resolve(kept.get(key) ?? null),
        set: (key: string, value: string) => Promise.resolve(void kept.set(key, value)),
      },
      logger: { warn: (details: object) => void warnings.push(details) },
    }),
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

const open = async (folder: ReturnType<typeof openFolder>, file?: string) =>
  openGatewaySettings(await folder.options(file));

const sentenceOf = async (files: Record<string, string>): Promise<string> => {
  using folder = openFolder(files);
  const settings = open(folder).then((opened) => opened.checkFile(providers));
  const error = await settings.then(
    () => null,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ConfigError, JSON.stringify(files));
  assert.equal(error.variable, 'GATEWAY_CONFIG');
  return error.message.replaceAll(folder.dataDir, '');
};

test('YAML and JSON of the data directory are read, with every default, and GATEWAY_CONFIG names another file', async () => {
  using folder = openFolder({
    'gateway.yaml': yaml,
    'other.json': '{"strategy":"weight"}',
    'empty.yml': '# nothing\n',
  });
  const file = await readGatewayFile({ dataDir: folder.dataDir, gatewayFile: null });
  assert.equal(file?.path, join(folder.dataDir, 'gateway.yaml'));
  assert.deepEqual(file.config.keys.openai, [
    { key: 'OPENAI_API_KEY', weight: 1 },
    { key: 'OPENAI_API_KEY_2', weight: 2 },
  ]);
  assert.deepEqual(file.config.models.fast?.endpoints[0], {
    provider: 'openai',
    model: 'gpt-5-mini',
    weight: 1,
  });
  assert.deepEqual(file.config.breaker, { ...emptyGatewayConfig.breaker, openSeconds: 30 });
  assert.equal(file.config.limits.providers.openai?.concurrency, 8);
  assert.equal(wrongName(file.config, providers), null);
  const at = (name: string) => ({ dataDir: folder.dataDir, gatewayFile: join(folder.dataDir, name) });
  assert.equal((await readGatewayFile(at('other.json')))?.config.strategy, 'weight');
  assert.deepEqual((await readGatewayFile(at('empty.yml')))?.config, emptyGatewayConfig);
  assert.equal(readConfig({ GATEWAY_CONFIG: '/etc/gateway.yaml' }).gatewayFile, '/etc/gateway.yaml');
});

test('the example of docs/gateway.md is a good file', async () => {
  const docs = readFileSync(`${import.meta.dirname}/../../../../docs/gateway.md`, 'utf8');
  const example = /```yaml\n([^]*?)```/.exec(docs)?.[1] ?? '';
  using folder = openFolder({ 'gateway.yaml': example });
  const opened = await open(folder);
  opened.checkFile([...providers, { id: 'anthropic' }, { id: 'openrouter' }]);
  assert.deepEqual(Object.keys(opened.current().models), ['fast', 'main']);
  assert.deepEqual(
    opened.current().breaker,
    emptyGatewayConfig.breaker,
    'the defaults are those of the docs',
  );
});

test('a wrong file is an error at start that names the file and the place in it, and repeats nothing that may be a key', async () => {
  for (const [files, expected] of [
    [
      { 'gateway.yaml': 'keys: { openai: [sk-secret-1] }' },
      /gateway\.yaml: at keys\.openai\.0: must be the name of an env/,
    ],
    [{ 'gateway.yaml': 'keys: { openai: sk-secret-1 }' }, /at keys\.openai: must be a list/],
    [{ 'gateway.yml': 'a: [\nsk-secret-1: }' }, /gateway\.yml: at line \d+, column \d+: is not valid YAML/],
    [
      { 'gateway.yaml': 'strategy: order\nstrategy: weight' },
      /line 2, column 1: is not valid YAML \(duplicate key\)/,
    ],
    [{ 'gateway.json': '{"keys": sk-secret-1}' }, /gateway\.json: .*is not valid JSON/],
    [{ 'gateway.yaml': 'sk-secret-1' }, /must be a list of fields/],
    [{ 'gateway.yaml': 'models: sk-secret-1' }, /at models: Expected Object\./],
    [
      { 'gateway.yaml': 'models: { fast: { endpoints: [{ provider: openai }] } }' },
      /at models\.fast\.endpoints\.0\.model: is missing/,
    ],
    [{ 'gateway.yaml': 'models: { a/b: { endpoints: [] } }' }, /at models\.a\/b: must be a name/],
    [
      { 'gateway.yaml': 'breaker: { errorRatio: 5 }' },
      /at breaker\.errorRatio: must be a share from 0\.01 to 1/,
    ],
    [{ 'gateway.yaml': 'limit: {}' }, /at limit: is not a known field/],
    [
      { 'gateway.yaml': 'limits: { users: { ann: { concurrency: 0 } } }' },
      /at limits\.users\.ann\.concurrency/,
    ],
    [
      { 'gateway.yaml': 'keys: { nobody: [NOBODY_API_KEY] }' },
      /at keys\.nobody: there is no provider "nobody"/,
    ],
    [
      { 'gateway.yaml': 'models: { m: { endpoints: [{ provider: nobody, model: x }] } }' },
      /at models\.m\.endpoints\.0\.provider: there is no/,
    ],
    [{ 'gateway.yaml': '', 'gateway.json': '' }, /there are both/],
  ] as [Record<string, string>, RegExp][]) {
    const sentence = await sentenceOf(files);
    assert.match(sentence, expected);
    assert.doesNotMatch(sentence, /secret/);
  }
  using folder = openFolder({});
  await assert.rejects(open(folder, join(folder.dataDir, 'gone.yaml')), /cannot be read \(ENOENT\)/);
});

test("a variable that is another provider's, or none of a key's, is never sent to a provider", () => {
  const wrong = (provider: string, variable: string) => {
    const parsed = parseGatewayConfig({ keys: { [provider]: [variable] } });
    return wrongName((parsed as { config: GatewayConfig }).config, providers)?.sentence;
  };
  assert.match(wrong('groq', 'OPENAI_API_KEY') ?? '', /belongs to something else and is not sent to groq/);
  assert.match(wrong('groq', 'MINE_SECRET') ?? '', /belongs to something else/);
  for (const ours of ['HELICONE_API_KEY', 'CROSSPOINT_API_TOKEN', 'DATABASE_URL'])
    assert.match(wrong('openai', ours) ?? '', /belongs to something else/);
  assert.match(
    wrong('openai', 'AWS_SECRET_ACCESS_KEY') ?? '',
    /has API_KEY in its name, such as OPENAI_API_KEY_2/,
  );
  for (const [provider, fine] of [
    ['openai', 'OPENAI_API_KEY'],
    ['openai', 'TEAM_B_API_KEY'],
    ['mine', 'MINE_SECRET'],
    ['mine', 'MINE_SECRET_2'],
    ['ollama', 'OLLAMA_API_KEY'],
  ] as const)
    assert.equal(wrong(provider, fine), undefined, fine);
});

test('without a file the configuration is kept in the settings, applies at once, and comes back after a restart', async () => {
  using folder = openFolder({});
  const settings = await open(folder);
  assert.deepEqual([settings.file, settings.current()], [null, emptyGatewayConfig]);
  let told = 0;
  settings.onChange = () => told++;
  const { config } = parseGatewayConfig({ keys: { openai: ['OPENAI_API_KEY_2'] } }) as {
    config: GatewayConfig;
  };
  await settings.change(config, providers);
  assert.deepEqual([settings.current(), told], [config, 1]);
  const { config: wrong } = parseGatewayConfig({ keys: { nobody: ['X_API_KEY'] } }) as {
    config: GatewayConfig;
  };
  await assert.rejects(settings.change(wrong, providers), { code: 'bad_request', message: /"keys\.nobody"/ });
  assert.deepEqual(settings.current(), config);
  assert.deepEqual((await open(folder)).current(), config);
  folder.kept.set('gateway.config', '{"from":"another version"}');
  assert.deepEqual((await open(folder)).current(), emptyGatewayConfig);
  assert.equal(folder.warnings.length, 1);
});

test('a file wins over the settings and makes them read-only', async () => {
  using folder = openFolder({ 'gateway.yaml': yaml });
  folder.kept.set('gateway.config', '{"strategy":"weight"}');
  const settings = await open(folder);
  assert.equal(settings.current().strategy, 'order');
  await assert.rejects(settings.change(emptyGatewayConfig, providers), {
    code: 'gateway_read_only',
    status: 409,
  });
  assert.equal(folder.kept.get('gateway.config'), '{"strategy":"weight"}');
});

test('a provider is there with any of its named keys, and only names of variables are ever shown', () => {
  const env = {
    OPENAI_API_KEY_2: 'sk-two',
    CUSTOM_PROVIDERS: '[{"id":"mine","baseUrl":"http://127.0.0.1:9","apiKeyEnv":"MINE_SECRET"}]',
    MINE_SECRET_2: 'm-two',
  };
  const config = readConfig(env);
  const named = { keys: { openai: ['OPENAI_API_KEY', 'OPENAI_API_KEY_2'], mine: ['MINE_SECRET_2'] } };
  const { config: gateway } = parseGatewayConfig(named) as { config: GatewayConfig };
  assert.equal(config.keys.openai, null);
  const wider = withNamedKeys(config, gateway);
  assert.equal(wider.keys.openai, 'sk-two');
  assert.equal(wider.keys.groq, null);
  assert.deepEqual(wider.customKeys, { MINE_SECRET: 'm-two' });
  assert.deepEqual(namedVariables(gateway, config.secretOf), [
    { name: 'MINE_SECRET_2', set: true },
    { name: 'OPENAI_API_KEY', set: false },
    { name: 'OPENAI_API_KEY_2', set: true },
  ]);
  assert.doesNotMatch(JSON.stringify(config), /sk-two|m-two/);
});
