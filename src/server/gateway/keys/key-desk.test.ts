import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { createKeyCommand } from '#protocol/key-commands.ts';
import { openStore } from '#server/store/open-store.ts';
import type { Store } from '#server/store/store.ts';
import { createKeyDesk } from './key-desk.ts';
import { KeyOffice } from './key-office.ts';
import { mintKey, keyPattern } from './minted-key.ts';

const token = 'the-configured-token-of-a-script-0123456789';
const quiet = { warn: () => undefined };
const wish = (change: object = {}) => v.parse(createKeyCommand, { name: 'CI', ...change });

interface Bench {
  store: Store;
  /** A clock that the test moves. */
  at: { ms: number };
  office: KeyOffice;
  desk: ReturnType<typeof createKeyDesk>;
  dir: string;
}

async function withDesk(work: (bench: Bench) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-keys-'));
  const store = await openStore(dir);
  const at = { ms: Date.now() };
  const options = { keys: store.keys, apiToken: token, ownerId: 'owner', logger: quiet, now: () => at.ms };
  const desk = createKeyDesk(options);
  try {
    await work({ store, at, office: new KeyOffice(store.keys, (hash) => desk.forget(hash)), desk, dir });
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

test('a minted key says who calls and what it may; an unknown key, a part of one and the empty text say nobody', () =>
  withDesk(async ({ office, desk }) => {
    const limits = { requestsPerMinute: 5 };
    const budget = { usd: 2, period: 'month' as const };
    const { key, secret } = await office.create('owner', wish({ models: ['openai/*'], limits, budget }));
    assert.deepEqual(await desk.identify(secret), {
      keyId: key.id,
      keyName: 'CI',
      userId: 'owner',
      models: ['openai/*'],
      limits,
      budget,
      storeBodies: false,
    });
    assert.equal((await desk.identify(token))?.keyId, null);
    for (const wrong of [
      '',
      mintKey(),
      secret.slice(0, -1),
      `${secret}a`,
      secret.toLowerCase(),
      token.slice(1),
    ])
      assert.equal(await desk.identify(wrong), null, wrong);
  }));

test('a key is revoked at once where it is revoked, and within 5 s in another process that knows it', () =>
  withDesk(async ({ store, at, office, desk }) => {
    const other = createKeyDesk({
      keys: store.keys,
      apiToken: null,
      ownerId: 'o',
      logger: quiet,
      now: () => at.ms,
    });
    const { key, secret } = await office.create('owner', wish());
    assert.ok((await desk.identify(secret)) && (await other.identify(secret)));
    at.ms += 3_000;
    await office.revoke('owner', key.id);
    assert.equal(await desk.identify(secret), null);
    at.ms += 5_000;
    assert.equal(await other.identify(secret), null);
    assert.equal((await office.list('owner'))[0]?.status, 'revoked');
    const first = await office.revoke('owner', key.id);
    assert.deepEqual(await office.revoke('owner', key.id), first);
  }));

test('a key ends at its moment, also when it was used just before', () =>
  withDesk(async ({ at, office, desk }) => {
    const expiresAt = new Date(at.ms + 1_000).toISOString();
    const { secret } = await office.create('owner', wish({ expiresAt }));
    assert.ok(await desk.identify(secret));
    at.ms += 1_000;
    assert.equal(await desk.identify(secret), null);
  }));

test('a change applies to the next call', () =>
  withDesk(async ({ office, desk }) => {
    const { key, secret } = await office.create('owner', wish());
    assert.equal((await desk.identify(secret))?.models, null);
    await office.change('owner', key.id, { models: ['a/b'], budget: { usd: 1, period: 'total' } });
    assert.deepEqual((await desk.identify(secret))?.models, ['a/b']);
    await office.change('owner', key.id, { models: null, budget: null });
    const caller = await desk.identify(secret);
    assert.deepEqual([caller?.models, caller?.budget], [null, null]);
  }));

test("nobody changes or sees another user's key", () =>
  withDesk(async ({ office, desk }) => {
    const { key, secret } = await office.create('owner', wish());
    assert.deepEqual(await office.list('other'), []);
    await assert.rejects(office.revoke('other', key.id), { code: 'not_found' });
    await assert.rejects(office.change('other', key.id, { name: 'mine' }), { code: 'not_found' });
    assert.ok(await desk.identify(secret));
  }));

test('when a key was last used is written, but not at every use', () =>
  withDesk(async ({ store, at, office, desk }) => {
    const { key, secret } = await office.create('owner', wish());
    const lastUsed = async () => (await store.keys.get('owner', key.id))?.lastUsedAt ?? '';
    await desk.identify(secret);
    const first = await lastUsed();
    assert.equal(Date.parse(first), at.ms);
    at.ms += 60_000;
    await desk.identify(secret);
    assert.equal(await lastUsed(), first);
    at.ms += 5 * 60_000;
    await desk.identify(secret);
    assert.equal(Date.parse(await lastUsed()), at.ms);
  }));

test('a key is 32 random bytes in base62, never twice the same, and not in the database (T4)', () =>
  withDesk(async ({ store, office, dir }) => {
    const all = new Set(Array.from({ length: 2_000 }, mintKey));
    assert.equal(all.size, 2_000);
    for (const key of all) assert.match(key, keyPattern);
    const { secret } = await office.create('owner', wish());
    const row = (await store.keys.list('owner'))[0];
    assert.ok(row && !JSON.stringify(row).includes(secret));
    assert.equal(row.prefix + row.last4, secret.slice(0, 7) + secret.slice(-4), dir);
  }));
