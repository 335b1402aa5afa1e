import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheAnswer } from '#protocol/gateway-config.ts';
import { createResponseCache } from '#server/gateway/cache/response-cache.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import { ownerId } from '../services.ts';
import { openTestServer } from '../testing/test-server.ts';

const path = '/api/gateway/cache';
const bounds = { maxBytes: 256 * 2 ** 20, maxEntries: 100_000 };
const options = { read: true, write: true, ttl: 60, bucketSize: 1, seed: '', ignoreKeys: [] };

test('the response cache says how full it is, and forgets what is kept for who asks and for nobody else', async () => {
  const cache = createResponseCache({ path: ':memory:', bounds: () => bounds });
  const server = await openTestServer({ services: { cache } });
  const keep = async (userId: string) => {
    const key = { userId, path: '/v1/chat/completions', body: Buffer.from('{}'), options };
    const lookup = await cache.lookup(key, new AbortController().signal);
    assert.equal(lookup.kind, 'leader');
    const body = Buffer.from('x'.repeat(1_000));
    if (lookup.kind === 'leader')
      await lookup.store({ status: 200, contentType: 'text/plain', body, usage: {} as UsageEntry });
  };
  const ask = async (method: string) => (await (await server.send(method, path)).json()) as CacheAnswer;
  try {
    assert.deepEqual(await ask('GET'), { entries: 0, bytes: 0, ...bounds });
    await keep(ownerId);
    await keep('somebody else');
    const full = await ask('GET');
    assert.equal(full.entries, 2);
    assert.ok(full.bytes >= 2_000);
    assert.equal((await ask('DELETE')).entries, 1);
    assert.deepEqual(await ask('GET'), await ask('DELETE'));
    assert.equal((await fetch(server.origin + path)).status, 401);
  } finally {
    await server.close();
    cache.close();
  }
});
