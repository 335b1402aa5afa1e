import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EndpointHealthState } from '#protocol/answers.ts';
import { startProviders, type Providers } from '#tests/upstreams/index.ts';
import { ask, readyLink, startServer, temporaryFolder, token } from './support/server-process.ts';

/** A whole server with a configured gateway: keys by the names of variables, the agent and `/v1` over the same breakers. */

async function openServer(
  t: TestContext,
  providers: Providers,
  dataDir: string,
  changes: Record<string, string> = {},
) {
  const { OPENAI_API_KEY: _, HELICONE_API_KEY: __, ...env } = providers.env();
  const { key } = providers.openai;
  const keys = { OPENAI_API_KEY_2: `${key}-2`, OPENAI_API_KEY_3: `${key}-3` };
  const own = { CROSSPOINT_DATA_DIR: dataDir, PORT: '0', CROSSPOINT_API_TOKEN: token };
  const server = startServer({ ...env, ...keys, ...own, LOG_LEVEL: 'info', ...changes });
  t.after(() => server.child.kill('SIGKILL'));
  const { origin } = new URL(await readyLink(server));
  return {
    origin,
    chat: (model: string) =>
      ask(origin, 'POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hello?' }] }),
    async stop() {
      server.child.kill('SIGTERM');
      assert.equal(await server.ended, 0);
      return server.stdout + server.stderr;
    },
  };
}

const usedKeys = ({ requests }: Providers) =>
  requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers.authorization?.slice(-2));

test('a key that the settings name makes its provider usable from the next request on, and after a restart', async (t) => {
  using folder = temporaryFolder();
  const providers = await startProviders({ script: () => ({ text: 'Hello.' }) });
  t.after(() => providers.close());
  const server = await openServer(t, providers, folder.path);
  assert.equal((await server.chat('openai/gpt-4o')).status, 400);
  const saved = await ask(server.origin, 'PUT', '/api/gateway', {
    keys: { openai: ['OPENAI_API_KEY_2', 'OPENAI_API_KEY_3'] },
    models: { mine: { endpoints: [{ provider: 'openai', model: 'gpt-4o', key: 'OPENAI_API_KEY_3' }] } },
  });
  assert.equal(saved.status, 200, await saved.text());
  for (const model of ['openai/gpt-4o', 'mine']) assert.equal((await server.chat(model)).status, 200, model);
  const listed = (await (await ask(server.origin, 'GET', '/v1/models')).json()) as { data: { id: string }[] };
  assert.equal(listed.data[0]?.id, 'mine', 'a name of the configuration is a model for clients');
  assert.equal((await ask(server.origin, 'GET', '/v1/models/mine')).status, 200);
  const { models } = (await (await ask(server.origin, 'GET', '/api/models')).json()) as {
    models: { provider: string; available: boolean }[];
  };
  assert.ok(models.some(({ provider, available }) => provider === 'openai' && available));
  await server.stop();
  const again = await openServer(t, providers, folder.path);
  assert.equal((await again.chat('mine')).status, 200);
  const run = await ask(again.origin, 'POST', '/api/agent', { message: 'Hi.', modelName: 'gpt-4o' });
  assert.equal(run.status, 200, await run.text());
  const output = await again.stop();
  assert.deepEqual(usedKeys(providers).slice(0, 3), ['-2', '-3', '-3']);
  assert.ok(!output.includes(providers.openai.key));
});

test('what the agent learns of a key holds for /v1 too, the refusal is logged once, and the file rules', async (t) => {
  using folder = temporaryFolder();
  writeFileSync(
    join(folder.path, 'gateway.yaml'),
    'keys:\n  openai:\n    - OPENAI_API_KEY_2\n    - OPENAI_API_KEY_3\n',
  );
  const providers = await startProviders();
  t.after(() => providers.close());
  providers.script(() =>
    providers.requests.at(-1)?.headers.authorization?.endsWith('-2')
      ? { fault: { kind: 'status', status: 401 } }
      : { text: 'Hello.' },
  );
  const server = await openServer(t, providers, folder.path);
  const run = await ask(server.origin, 'POST', '/api/agent', { message: 'Hi.', modelName: 'gpt-4o' });
  assert.equal(run.status, 200, await run.text());
  assert.equal((await server.chat('openai/gpt-4o')).status, 200);
  const health = (await (await ask(server.origin, 'GET', '/api/gateway/health')).json()) as {
    endpoints: EndpointHealthState[];
  };
  assert.deepEqual(health.endpoints.map(({ id, out }) => [id, out]).sort(), [
    ['openai/OPENAI_API_KEY_2', 'refused-key'],
    ['openai/OPENAI_API_KEY_3', null],
  ]);
  assert.equal((await ask(server.origin, 'PUT', '/api/gateway', {})).status, 409);
  const output = await server.stop();
  assert.equal(output.split('a provider refuses a key').length - 1, 1);
  assert.equal(usedKeys(providers).filter((key) => key === '-2').length, 1);
  assert.ok(!output.includes(providers.openai.key));
});

test('models that make vectors are asked for them by their name in the catalogue, with a key that the file names', async (t) => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'gateway.json'), '{"keys":{"openai":["OPENAI_API_KEY_2"]}}');
  const asked: string[] = [];
  const upstream = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization?.slice(-2)}`);
    const answer = { object: 'list', data: [], model: 'x', usage: { prompt_tokens: 1, total_tokens: 1 } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  t.after(() => upstream.close());
  const providers = await startProviders();
  t.after(() => providers.close());
  const { port } = upstream.address() as AddressInfo;
  const server = await openServer(t, providers, folder.path, {
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
  });
  const body = { model: 'openai/text-embedding-3-small', input: 'words' };
  const answer = await ask(server.origin, 'POST', '/v1/embeddings', body);
  assert.equal(answer.status, 200, await answer.text());
  assert.deepEqual(asked, ['/v1/embeddings -2']);
  assert.equal((await server.chat('openai/text-embedding-3-small')).status, 400);
  await server.stop();
});
