import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayAnswer } from '#protocol/answers.ts';
import { emptyGatewayConfig } from '#server/gateway/routing/gateway-config.ts';
import { GatewaySettings } from '#server/gateway/routing/gateway-settings.ts';
import { openTestServer, type TestServer } from '../testing/test-server.ts';

const path = '/api/gateway';
const openai = {
  id: 'openai',
  label: 'OpenAI',
  kind: 'cloud' as const,
  configured: true,
  models: 1,
  variable: 'OPENAI_API_KEY',
};

async function withServer(
  work: (server: TestServer) => Promise<void>,
  file: string | null = null,
): Promise<void> {
  const routing = file === null ? {} : { routing: { settings: fromFile(file), health: () => [] } };
  const server = await openTestServer({ services: { providerStates: () => [openai], ...routing } });
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function fromFile(file: string): GatewaySettings {
  const settings = { set: () => Promise.reject(new Error('nothing is stored')) };
  return new GatewaySettings(settings, { path: file, config: emptyGatewayConfig }, emptyGatewayConfig);
}

async function answered(
  response: Response,
  status = 200,
): Promise<GatewayAnswer & { error?: string; code?: string }> {
  const body = (await response.json()) as GatewayAnswer;
  assert.equal(response.status, status, JSON.stringify(body));
  return body;
}

test('the configuration is changed as a whole and comes back with its defaults and what the environment lacks', () =>
  withServer(async (server) => {
    const first = await answered(await server.send('GET', path));
    assert.deepEqual(first, { config: emptyGatewayConfig, file: null, readOnly: false, variables: [] });
    const wanted = {
      keys: { openai: ['OPENAI_API_KEY', { key: 'OPENAI_API_KEY_2', weight: 2 }] },
      models: { fast: { strategy: 'weight', endpoints: [{ provider: 'openai', model: 'gpt-5-mini' }] } },
    };
    const changed = await answered(await server.send('PUT', path, wanted));
    assert.deepEqual(changed.variables, [
      { name: 'OPENAI_API_KEY', set: false },
      { name: 'OPENAI_API_KEY_2', set: false },
    ]);
    assert.deepEqual(changed.config, {
      ...emptyGatewayConfig,
      keys: {
        openai: [
          { key: 'OPENAI_API_KEY', weight: 1 },
          { key: 'OPENAI_API_KEY_2', weight: 2 },
        ],
      },
      models: {
        fast: { strategy: 'weight', endpoints: [{ provider: 'openai', model: 'gpt-5-mini', weight: 1 }] },
      },
    });
    assert.deepEqual(await answered(await server.send('GET', path)), changed);
    const again = await answered(await server.send('PUT', path, changed.config));
    assert.deepEqual(again, changed, 'what is read can be written');
  }));

test('a wrong configuration changes nothing and is told by its place', () =>
  withServer(async (server) => {
    for (const [body, field] of [
      [
        { models: { fast: { endpoints: [{ provider: 'openai', model: 'x', weight: -1 }] } } },
        'models.fast.endpoints.0.weight',
      ],
      [{ keys: { nobody: ['NOBODY_API_KEY'] } }, 'keys.nobody'],
      [{ keys: { openai: ['HELICONE_API_KEY'] } }, 'keys.openai.0'],
      [{ nonsense: true }, 'nonsense'],
    ] as [object, string][]) {
      const { error = '', code } = await answered(await server.send('PUT', path, body), 400);
      assert.equal(code, 'bad_request');
      assert.ok(error.includes(`"${field}"`), error);
    }
    assert.deepEqual((await answered(await server.send('GET', path))).config, emptyGatewayConfig);
  }));

test('a file makes the settings read-only', () =>
  withServer(async (server) => {
    const shown = await answered(await server.send('GET', path));
    assert.deepEqual([shown.file, shown.readOnly], ['/data/gateway.yaml', true]);
    const refused = await answered(await server.send('PUT', path, {}), 409);
    assert.equal(refused.code, 'gateway_read_only');
    assert.match(refused.error ?? '', /\/data\/gateway\.yaml/);
  }, '/data/gateway.yaml'));

test('configuration and health are for people who are signed in', () =>
  withServer(async (server) => {
    for (const [method, address] of [
      ['GET', path],
      ['PUT', path],
      ['GET', `${path}/health`],
    ] as const) {
      const response = await fetch(server.origin + address, {
        method,
        ...(method === 'PUT' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
      });
      assert.equal(response.status, 401, address);
    }
    const health = await server.send('GET', `${path}/health`);
    assert.deepEqual(await health.json(), { endpoints: [] });
  }));
