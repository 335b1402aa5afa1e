import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestServer, type TestServer } from '../testing/test-server.ts';

const path = '/api/preferences';

async function put(server: TestServer, body: unknown, status = 200): Promise<Record<string, unknown>> {
  const answer = await server.send('PUT', path, body);
  const value = (await answer.json()) as Record<string, unknown>;
  assert.equal(answer.status, status, JSON.stringify(value));
  return value;
}

async function withServer(work: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await openTestServer();
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

test('preferences are kept, each model once, and what is not given stays', () =>
  withServer(async (server) => {
    const empty = { favouriteModels: [], recentModels: [], previousModel: null };
    assert.deepEqual(await (await server.send('GET', path)).json(), empty);
    await put(server, { favouriteModels: ['red/one', 'red/one', 'blue/two'] });
    const changed = await put(server, { recentModels: ['blue/two'], previousModel: 'red/one' });
    const whole = {
      favouriteModels: ['red/one', 'blue/two'],
      recentModels: ['blue/two'],
      previousModel: 'red/one',
    };
    assert.deepEqual(changed, whole);
    assert.deepEqual(await (await server.send('GET', path)).json(), whole);
    assert.equal((await put(server, { previousModel: null })).previousModel, null);
    assert.deepEqual((await put(server, { favouriteModels: [] })).favouriteModels, []);
  }));

test('two changes at once lose nothing of each other', () =>
  withServer(async (server) => {
    await Promise.all([
      put(server, { favouriteModels: ['red/one'] }),
      put(server, { recentModels: ['blue/two'] }),
      put(server, { previousModel: 'red/one' }),
    ]);
    assert.deepEqual(await (await server.send('GET', path)).json(), {
      favouriteModels: ['red/one'],
      recentModels: ['blue/two'],
      previousModel: 'red/one',
    });
  }));

test('more than the limits, or something else than names, is refused before anything changes', () =>
  withServer(async (server) => {
    await put(server, { favouriteModels: ['red/one'] });
    const many = (count: number) => Array.from({ length: count }, (_, index) => `red/${index}`);
    for (const body of [
      { favouriteModels: many(101) },
      { recentModels: many(21) },
      { favouriteModels: ['x'.repeat(301)] },
      { favouriteModels: [''] },
      { favouriteModels: 'red/two' },
      { previousModel: { provider: 'red' } },
    ])
      assert.equal((await put(server, body, 400)).code, 'bad_request');
    const kept = (await (await server.send('GET', path)).json()) as { favouriteModels: string[] };
    assert.deepEqual(kept.favouriteModels, ['red/one']);
  }));

test('preferences are for those who signed in', () =>
  withServer(async (server) => {
    assert.equal((await fetch(server.origin + path)).status, 401);
  }));
