import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { settled } from '../testing/manual-clock.ts';
import type { CachedAnswer, CacheKey, CacheLookup, CacheOptions } from '../v1/types.ts';
import { createResponseCache, type ResponseCacheOptions } from './response-cache.ts';
import { cacheSettings } from './settings.ts';

const never = new AbortController().signal;
const usual: CacheOptions = { read: true, write: true, ttl: 100, bucketSize: 1, seed: '', ignoreKeys: [] };
const usage = {
  provider: 'openai',
  model: 'gpt-5',
  timestamp: '2026-11-25T12:00:00.000Z',
  inputTokens: 3,
  outputTokens: 2,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: 0.01,
  estimated: false,
  cache: null,
  latencyMs: 5,
  ttftMs: 2,
  attempt: 1,
  route: 'direct',
} as const;

function anAnswer(text: string, change: Partial<CachedAnswer> = {}): CachedAnswer {
  return { status: 200, contentType: 'text/event-stream', body: Buffer.from(text), usage, ...change };
}

function aKey(body: unknown, options: Partial<CacheOptions> = {}, change: Partial<CacheKey> = {}): CacheKey {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const key = { userId: 'u', path: '/v1/chat/completions', body: Buffer.from(text) };
  return { ...key, options: { ...usual, ...options }, ...change };
}

function aCache(options: Partial<ResponseCacheOptions> = {}) {
  const time = { now: 1_000 };
  const cache = createResponseCache({
    path: ':memory:',
    bounds: () => v.parse(cacheSettings, {}),
    now: () => time.now,
    ...options,
  });
  const ask = (key: CacheKey, signal = never) => cache.lookup(key, signal);
  /** As a request does: the answer from the cache, else that of the upstream, which is kept. */
  const answer = async (key: CacheKey, upstream: string): Promise<string> => {
    const lookup = await ask(key);
    if (lookup.kind === 'hit') return lookup.answer.body.toString();
    assert.equal(lookup.kind, 'leader');
    await (lookup as Leader).store(anAnswer(upstream));
    return upstream;
  };
  return { time, cache, ask, answer };
}

type Leader = Extract<CacheLookup, { kind: 'leader' }>;
type Follower = Extract<CacheLookup, { kind: 'follower' }>;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-cache-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the order of keys and the spacing of a body do not matter, everything else does', async () => {
  const json = fc.jsonValue({ depthSize: 'small' });
  const objects = fc.dictionary(fc.string(), json, { minKeys: 1, maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(objects, objects, async (one, other) => {
      const { cache, answer } = aCache();
      await answer(aKey(one), 'first');
      const turned = Object.fromEntries(Object.entries(one).reverse());
      assert.equal(await answer(aKey(JSON.stringify(turned, null, 2)), 'second'), 'first');
      const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
      assert.equal(await answer(aKey(other), 'third'), same ? 'first' : 'third');
      cache.close();
    }),
    { numRuns: 100 },
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
}

test('another tenant, seed, path, model, way of streaming or a number beyond a double gets no answer of this one; ignored keys do not matter', async () => {
  const { answer } = aCache();
  const body = { model: 'a', stream: false, seed: 1 };
  await answer(aKey(body), 'first');
  const others = [
    aKey(body, {}, { userId: 'v' }),
    aKey(body, { seed: 's' }),
    aKey(body, {}, { path: '/v1/responses' }),
    aKey({ ...body, model: 'b' }),
    aKey({ ...body, stream: true }),
    aKey('{"model":"a","stream":false,"seed":12345678901234567890}'),
    aKey('{"model":"a","stream":false,"seed":12345678901234567891}'),
    aKey('no json'),
  ];
  for (const [index, key] of others.entries())
    assert.equal(await answer(key, `other ${index}`), `other ${index}`);
  for (const [index, key] of others.entries()) assert.equal(await answer(key, 'again'), `other ${index}`);
  const ignoring = (extra: object) => aKey({ ...body, ...extra }, { ignoreKeys: ['user', 'metadata'] });
  assert.equal(await answer(ignoring({ user: 'x' }), 'second'), 'first');
  assert.equal(await answer(ignoring({ metadata: { a: 1 } }), 'second'), 'first');
  assert.equal(await answer(aKey({ ...body, user: 'x' }), 'named'), 'named');
});

test('a bucket fills before it hits, then each of its answers is given out as often as the others', async () => {
  const { ask, answer } = aCache();
  const key = aKey({ q: 1 }, { bucketSize: 3 });
  for (const text of ['a', 'b', 'c']) assert.equal(await answer(key, text), text);
  const seen = new Map<string, number>();
  for (let n = 0; n < 600; n++) {
    const lookup = await ask(key);
    assert.ok(lookup.kind === 'hit');
    assert.equal(lookup.answer.body.toString(), 'abc'[lookup.bucket]);
    seen.set(`${lookup.bucket}`, (seen.get(`${lookup.bucket}`) ?? 0) + 1);
  }
  assert.ok([...seen.values()].every((count) => count > 120) && seen.size === 3, JSON.stringify([...seen]));
});

test('no-store keeps nothing, no-cache reads nothing and replaces what is kept', async () => {
  const { ask, answer } = aCache();
  await answer(aKey('{}', { write: false }), 'unkept');
  assert.equal(await answer(aKey('{}'), 'kept'), 'kept');
  assert.equal(await answer(aKey('{}', { write: false }), 'x'), 'kept');
  assert.equal(await answer(aKey('{}', { read: false }), 'fresh'), 'fresh');
  assert.equal(await answer(aKey('{}'), 'x'), 'fresh');
  assert.equal((await ask(aKey('{}', { read: false, write: false }))).kind, 'leader');
});

test('only whole successful answers are kept, with their status, type and usage', async () => {
  const { ask } = aCache();
  for (const status of [400, 429, 500]) {
    const lookup = (await ask(aKey('{}'))) as Leader;
    await lookup.store(anAnswer('failed', { status }));
  }
  const lookup = (await ask(aKey('{}'))) as Leader;
  await lookup.store(anAnswer('data: x\n\n'));
  const hit = await ask(aKey('{}'));
  assert.ok(hit.kind === 'hit');
  assert.deepEqual(hit.answer, anAnswer('data: x\n\n'));
});

test('equal requests at the same time are one call: its answer is everybody’s', async () => {
  const { ask } = aCache();
  const leader = (await ask(aKey('{"a":1,"b":2}'))) as Leader;
  const followers = await Promise.all([1, 2, 3].map(() => ask(aKey('{"b":2,"a":1}'))));
  assert.ok(followers.every(({ kind }) => kind === 'follower'));
  await leader.store(anAnswer('one'));
  for (const follower of followers) assert.equal(String((await (follower as Follower).answer)?.body), 'one');
  assert.equal((await ask(aKey('{"a":1,"b":2}'))).kind, 'hit');
});

test('when the leader fails or leaves, one of those who waited becomes the leader; who leaves waits no more', async () => {
  const { ask } = aCache();
  const client = new AbortController();
  const first = (await ask(aKey('{}'), client.signal)) as Leader;
  const leaving = new AbortController();
  const gone = (await ask(aKey('{}'), leaving.signal)) as Follower;
  let [waiting] = [[await ask(aKey('{}')), await ask(aKey('{}'))] as Follower[]];
  leaving.abort();
  assert.equal(await gone.answer, null);
  for (const end of [() => client.abort(), null]) {
    end?.();
    assert.deepEqual(await Promise.all(waiting.map(({ answer }) => answer)), [null, null]);
    const next = await Promise.all([ask(aKey('{}')), ask(aKey('{}')), ask(aKey('{}'))]);
    assert.deepEqual(
      next.map(({ kind }) => kind),
      ['leader', 'follower', 'follower'],
    );
    waiting = next.slice(1) as Follower[];
    (next[0] as Leader).giveUp();
  }
  await first.store(anAnswer('late but whole'));
  assert.equal((await ask(aKey('{}'))).kind, 'hit');
});

test('a bucket with three empty slots takes three calls at the same time, and the fourth waits for one of them', async () => {
  const { ask } = aCache();
  const key = aKey('{}', { bucketSize: 3 });
  const lookups = [await ask(key), await ask(key), await ask(key), await ask(key)];
  assert.deepEqual(
    lookups.map(({ kind }) => kind),
    ['leader', 'leader', 'leader', 'follower'],
  );
  for (const [index, lookup] of lookups.slice(0, 3).entries())
    await (lookup as Leader).store(anAnswer(`${index}`));
  assert.equal(String((await (lookups[3] as Follower).answer)?.body), '0');
  assert.equal((await ask(key)).kind, 'hit');
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      q: fc.nat(7),
      size: fc.nat(900),
      ttl: fc.constantFrom(1, 5, 60),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(8_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), user: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

test('what is kept is what a list of the last used ones keeps within its bytes, entries and times, also after restarts and deletes', () =>
  inFolder(async (folder) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const bounds = { maxBytes: 4_000, maxEntries: 5 };
        const time = { now: 1_000 };
        const path = join(folder, `${run++}.db`);
        const open = () =>
          createResponseCache({ path, bounds: () => bounds, memoryBytes: 0, now: () => time.now });
        let cache = open();
        /** Least recently used first. */
        let model: { q: number; text: string; bytes: number; expires: number }[] = [];
        const userOf = (q: number) => `u${q % 2}`;
        for (const one of steps) {
          if (one.do === 'wait') time.now += one.ms;
          else if (one.do === 'delete') {
            cache.deleteOf(`u${one.user}`);
            model = model.filter(({ q }) => userOf(q) !== `u${one.user}`);
          } else if (one.do === 'restart' || one.do === 'sweep') {
            if (one.do === 'restart') {
              cache.close();
              cache = open();
            } else cache.sweep();
            model = model.filter(({ expires }) => expires > time.now);
          } else {
            const { q, size, ttl } = one;
            const lookup = await cache.lookup(aKey({ q }, { ttl }, { userId: userOf(q) }), never);
            const known = model.find((entry) => entry.q === q);
            model = model.filter((entry) => entry.q !== q);
            if (known && known.expires > time.now) {
              assert.ok(lookup.kind === 'hit');
              assert.equal(lookup.answer.body.toString(), known.text);
              model.push(known);
              continue;
            }
            assert.ok(lookup.kind === 'leader');
            const text = String(model.length).padEnd(size, '.');
            await lookup.store(anAnswer(text));
            model.push({ q, text, bytes: text.length + 512, expires: time.now + ttl * 1_000 });
            const total = () => model.reduce((sum, { bytes }) => sum + bytes, 0);
            while (model.length > bounds.maxEntries || total() > bounds.maxBytes) model.shift();
          }
          assert.deepEqual(cache.size(), {
            entries: model.length,
            bytes: model.reduce((sum, { bytes }) => sum + bytes, 0),
          });
        }
        cache.close();
      }),
      {
        numRuns: 60,
        examples: [
          [
            [
              { do: 'ask', q: 3, size: 618, ttl: 1 },
              { do: 'ask', q: 0, size: 824, ttl: 1 },
              { do: 'ask', q: 4, size: 165, ttl: 1 },
              { do: 'ask', q: 3, size: 0, ttl: 1 },
              { do: 'restart' },
              { do: 'ask', q: 1, size: 346, ttl: 1 },
            ],
          ],
        ],
      },
    );
  }));

test('a deleted tenant’s answer that was on its way is not kept', async () => {
  const { ask, cache } = aCache();
  const leader = (await ask(aKey('{}'))) as Leader;
  cache.deleteOf('u');
  await leader.store(anAnswer('x'));
  assert.equal((await ask(aKey('{}'))).kind, 'leader');
});

test('a cache that fails is a miss and says so once; a damaged file is made anew without leaving copies', () =>
  inFolder(async (folder) => {
    const warnings: string[] = [];
    const logger = { warn: (_details: object, message: string) => void warnings.push(message) };
    const path = join(folder, 'cache.db');
    const first = aCache({ path, logger });
    await first.answer(aKey('{}'), 'kept');
    first.cache.close();
    assert.equal(await first.answer(aKey('{"other":1}'), 'upstream'), 'upstream');
    const lookup = (await first.ask(aKey('{"third":1}'))) as Leader;
    lookup.giveUp();
    assert.equal(warnings.length, 1);
    for (const suffix of ['', '-wal'])
      if (existsSync(path + suffix)) writeFileSync(path + suffix, 'x'.repeat(9_000));
    const second = aCache({ path, logger });
    await second.answer(aKey('{}'), 'again');
    assert.equal((await second.ask(aKey('{}'))).kind, 'hit');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('damaged')),
      [],
    );
    second.cache.close();
    await settled();
    const nowhere = aCache({ path: join(path, 'below-a-file.db'), logger });
    assert.equal(await nowhere.answer(aKey('{}'), 'upstream'), 'upstream');
  }));
