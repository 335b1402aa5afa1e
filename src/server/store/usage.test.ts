import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LedgerFilter } from './ledger.types.ts';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

const count = 11_003;

interface Attempt {
  index: number;
  day: string;
  model: string;
  latencyMs: number;
}

function attempt(index: number): Attempt {
  const day = `2026-10-${String(1 + (index % 20)).padStart(2, '0')}`;
  return { index, day, model: `m${index % 3}`, latencyMs: 1 + ((index * 7_919) % 60_000) };
}

function propertiesOf(index: number): Record<string, string> {
  return index % 10 ? {} : { team: `t${index % 4}`, stage: 'test' };
}

/** Attempts of every kind; two in three through a key, one in ten with properties, one in fifty unpriced, some fail. */
async function fill({ ledger }: Store, from: number, to: number): Promise<void> {
  const writes: Promise<void>[] = [];
  for (let index = from; index < to; index++) {
    const { day, model, latencyMs } = attempt(index);
    const failed = index % 20 === 0;
    const id = `a${index}`;
    const owner = {
      id,
      requestId: `r${index}`,
      userId: index % 97 ? 'owner' : 'other',
      threadId: null,
      runId: null,
    };
    const at = `${day}T10:00:00.000Z`;
    const facts = {
      keyId: index % 3 ? `k${index % 4}` : null,
      endUser: index % 3 ? `u${index % 5}` : null,
      session: index % 3 ? { id: `s${index % 11}` } : {},
      properties: propertiesOf(index),
    };
    if (index % 33 === 32) {
      const hit = { ...owner, ...facts, provider: 'p', model, timestamp: at, latencyMs: 2, savedUsd: 0.5 };
      writes.push(ledger.recordHit(hit));
      continue;
    }
    const start = { provider: 'p', model, timestamp: at, attempt: 1, route: 'direct' };
    writes.push(ledger.reserve({ ...owner, ...facts, ...start }));
    writes.push(
      ledger.settle(id, {
        status: failed ? 'failed' : 'settled',
        inputTokens: failed ? 0 : 100,
        outputTokens: failed ? 0 : 10,
        cacheReadTokens: failed ? 0 : 40,
        costUsd: index % 50 === 1 ? null : 0.25,
        estimated: index % 7 === 0,
        latencyMs,
        ttftMs: index % 2 ? Math.ceil(latencyMs / 2) : null,
      }),
    );
  }
  await Promise.all(writes);
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-usage-'));
  const store = await openStore(dir);
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const groupings = ['model', 'provider', 'day', 'key', 'user', 'session', 'thread'] as const;

test('what is kept of a day, a key, a user or a session adds up to what the rows say, for every grouping', () =>
  withStore(async (store) => {
    await fill(store, 0, count);
    const sum = (groups: { requests: number }[]) =>
      groups.reduce((total, { requests }) => total + requests, 0);
    const all = sum(await store.usage.groupBy('owner', 'day'));
    for (const by of groupings) assert.equal(sum(await store.usage.groupBy('owner', by)), all, by);
    // A filter by two things is answered from the rows, one by one thing from the sums.
    const userOf = { keyId: 'k1', endUser: 'u1' };
    const kept = await store.usage.groupBy('owner', 'day', { keyId: 'k1' });
    const users = await Promise.all(
      ['u0', 'u1', 'u2', 'u3', 'u4'].map((endUser) =>
        store.usage.groupBy('owner', 'day', { ...userOf, endUser }),
      ),
    );
    assert.equal(sum(kept), sum(users.flat()));
    const days: LedgerFilter = { from: '2026-10-03', to: '2026-10-05' };
    const some = (await store.usage.groupBy('owner', 'day')).filter(
      ({ key }) => key >= '2026-10-03' && key <= '2026-10-05',
    );
    assert.deepEqual(await store.usage.groupBy('owner', 'day', days), some);
    const timeline = await store.usage.timeline('owner', { ...days, keyId: 'k2' });
    assert.equal(sum(timeline), sum(await store.usage.groupBy('owner', 'key', { ...days, keyId: 'k2' })));
    assert.equal(timeline.length, 2);
    assert.deepEqual(await store.usage.groupBy('owner', 'model', { from: '2027-01-01' }), []);
  }));

test('nothing is counted twice or left out, whenever the sums are made', () =>
  withStore(async (store) => {
    for (let from = 0; from < count; from += 1_571) {
      await fill(store, from, Math.min(count, from + 1_571));
      await store.usage.fold();
    }
    const all = [...Array(count).keys()].filter((index) => index % 97);
    const hits = all.filter((index) => index % 33 === 32);
    const attempts = all.filter((index) => index % 33 !== 32);
    const used = attempts.filter((index) => index % 20);
    const [total] = await store.usage.groupBy('owner', 'provider');
    assert.deepEqual(total, {
      key: 'p',
      requests: attempts.length,
      failed: attempts.length - used.length,
      aborted: 0,
      inputTokens: used.length * 100,
      outputTokens: used.length * 10,
      cacheReadTokens: used.length * 40,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      costUsd: attempts.filter((index) => index % 50 !== 1).length * 0.25,
      unpriced: used.filter((index) => index % 50 === 1).length,
      estimated: attempts.filter((index) => index % 7 === 0).length,
      cacheHits: hits.length,
      savedUsd: hits.length * 0.5,
    });
    const teams = await store.usage.groupBy('owner', 'property:team');
    assert.deepEqual(
      teams.map(({ key, requests }) => [key, requests]),
      ['t0', 't2'].map((key) => [key, attempts.filter((i) => i % 10 === 0 && `t${i % 4}` === key).length]),
    );
  }));

test('a running attempt stops the sums before it, and is counted when it has ended', () =>
  withStore(async (store) => {
    const start = {
      provider: 'p',
      model: 'slow',
      timestamp: '2026-10-01T00:00:00.000Z',
      attempt: 1,
      route: 'direct',
    };
    const owner = { id: 'slow', requestId: 'slow', userId: 'owner', threadId: null, runId: null };
    await store.ledger.reserve({ ...owner, ...start });
    await fill(store, 0, 6_000);
    const slow = async () =>
      (await store.usage.groupBy('owner', 'model', { provider: 'p', model: 'slow' }))[0];
    assert.equal((await slow())?.costUsd, 0);
    await store.ledger.settle('slow', { status: 'settled', costUsd: 3, inputTokens: 5 });
    await store.usage.fold();
    assert.deepEqual([(await slow())?.costUsd, (await slow())?.inputTokens], [3, 5]);
  }));

test('percentiles are within 1 % of the exact ones, over any number of days, models and sums', () =>
  withStore(async (store) => {
    await fill(store, 0, count);
    const { models, providers } = await store.usage.performance('owner');
    const whole = [...Array(count).keys()].filter((i) => i % 97 && i % 33 !== 32 && i % 20).map(attempt);
    const check = (
      figures: { p50: number; p95: number; p99: number; count: number } | null,
      of: Attempt[],
    ) => {
      const sorted = of.map(({ latencyMs }) => latencyMs).sort((left, right) => left - right);
      assert.ok(figures);
      assert.equal(figures.count, sorted.length);
      for (const [share, value] of [
        [0.5, figures.p50],
        [0.95, figures.p95],
        [0.99, figures.p99],
      ] as const) {
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
        assert.ok(Math.abs(value - exact) <= exact * 0.01 + 0.5, `${share}: ${value}, exactly ${exact}`);
      }
    };
    for (const { model, latencyMs } of models)
      check(
        latencyMs,
        whole.filter((each) => each.model === model),
      );
    check(providers[0]?.latencyMs ?? null, whole);
    assert.ok(providers[0]?.ttftMs && providers[0].tokensPerSecond);
  }));
