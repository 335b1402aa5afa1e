import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { threadRow } from './testing/sample-rows.ts';

async function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-store-'));
  const store = await openStore(dir);
  try {
    await work(store, dir);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const run = (id: string, threadId = 't') => ({
  id,
  threadId,
  userId: 'local',
  turnId: id,
  messageId: null,
  createdAt: '2026-11-24T00:00:00Z',
});
const message = (id: string) => ({
  id,
  threadId: 't',
  runId: 'r',
  role: 'user' as const,
  parts: [{ type: 'text' as const, text: 'hi' }],
  status: 'complete' as const,
  createdAt: '2026-11-24T00:00:00Z',
});
const call = (id: string) => ({
  toolCallId: id,
  threadId: 't',
  runId: 'r',
  turnId: 'r',
  messageId: 'm',
  position: 0,
  name: 'write_file',
  args: '{}',
  argsHash: 'h',
  diff: null,
  needsReview: true,
});

test("another person's thread does not exist", () =>
  withStore(async (store) => {
    await store.threads.create(threadRow('t'));
    assert.equal(await store.threads.get('stranger', 't'), null);
    assert.deepEqual(await store.threads.list('stranger'), []);
    await store.threads.update('stranger', 't', { title: 'mine' });
    assert.equal(await store.threads.delete('stranger', 't'), false);
    assert.deepEqual(await store.threads.get('local', 't'), threadRow('t'));
  }));

test('one run at a time holds a thread, and a later one has a higher token (I7)', () =>
  withStore(async (store) => {
    const first = await store.transaction((inside) => inside.runs.start(run('r1')));
    await assert.rejects(
      store.transaction((inside) => inside.runs.start(run('r2'))),
      { code: 'run_active' },
    );
    await store.runs.assertOwner('r1', first.fencingToken);
    await store.runs.finish('r1', { status: 'done', finishedAt: 'x' });
    await assert.rejects(store.runs.assertOwner('r1', first.fencingToken), { code: 'interrupted' });
    const second = await store.transaction((inside) => inside.runs.start(run('r2')));
    assert.equal(second.fencingToken, first.fencingToken + 1);
  }));

test('of fifty decisions one wins, and of fifty starts one happens (I3, I6)', () =>
  withStore(async (store) => {
    await store.toolCalls.propose([call('c')]);
    const decision = { action: 'approved' as const, by: 'user' as const, args: '{}', argsHash: 'h' };
    const decided = await Promise.all(
      Array.from({ length: 50 }, () => store.toolCalls.decide('t', 'c', decision)),
    );
    assert.equal(decided.filter(Boolean).length, 1);
    await assert.rejects(store.toolCalls.start('t', 'c', 'another hash'), /not approved/);
    const started = await Promise.all(Array.from({ length: 50 }, () => store.toolCalls.start('t', 'c', 'h')));
    assert.equal(started.filter(Boolean).length, 1);
  }));

test('a call that was never approved cannot start (I2)', () =>
  withStore(async (store) => {
    await store.toolCalls.propose([call('a'), call('b')]);
    await store.toolCalls.decide('t', 'b', { action: 'rejected', by: 'user', args: '{}', argsHash: 'h' });
    await assert.rejects(store.toolCalls.start('t', 'a', 'h'));
    await assert.rejects(store.toolCalls.start('t', 'b', 'h'));
    await assert.rejects(store.toolCalls.start('t', 'nobody', 'h'));
  }));

test('sequences and event ids have no gaps under concurrent transactions', () =>
  withStore(async (store) => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.transaction(async (inside) => {
          await inside.messages.append(message(`m${index}`));
          await inside.events.append('t', [{ type: 'notice', data: { code: 'x', message: String(index) } }]);
        }),
      ),
    );
    const messages = await store.messages.list('t');
    assert.deepEqual(
      messages.map(({ seq }) => seq),
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    const events = await store.events.list('t', 5);
    assert.deepEqual(
      events.map(({ id }) => id),
      Array.from({ length: 15 }, (_, index) => index + 6),
    );
  }));

test('a failed transaction leaves nothing', () =>
  withStore(async (store) => {
    const failing = store.transaction(async (inside) => {
      await inside.messages.append(message('m'));
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(await store.messages.list('t'), []);
  }));

test('a login key is taken once and within its time', () =>
  withStore(async (store) => {
    await store.sessions.addLoginKey('k', 1_000);
    await store.sessions.addLoginKey('late', 1_000);
    assert.equal(await store.sessions.takeLoginKey('k', 999), true);
    assert.equal(await store.sessions.takeLoginKey('k', 999), false);
    assert.equal(await store.sessions.takeLoginKey('late', 1_001), false);
  }));

test('an idempotency key answers the same body with the same run and refuses another', () =>
  withStore(async (store) => {
    assert.deepEqual(await store.idempotency.claim('local', 'k', 'body', 'r1'), {
      state: 'new',
      runId: 'r1',
    });
    assert.deepEqual(await store.idempotency.claim('local', 'k', 'body', 'r2'), {
      state: 'same',
      runId: 'r1',
    });
    assert.deepEqual(await store.idempotency.claim('local', 'k', 'other', 'r3'), {
      state: 'conflict',
      runId: 'r1',
    });
    assert.deepEqual(await store.idempotency.claim('stranger', 'k', 'other', 'r4'), {
      state: 'new',
      runId: 'r4',
    });
  }));

test('unknown prices are counted, never summed as zero', () =>
  withStore(async (store) => {
    const base = {
      requestId: 'q',
      userId: 'local',
      threadId: 't',
      runId: 'r',
      provider: 'p',
      model: 'm',
      timestamp: '2026-11-24T10:00:00Z',
      attempt: 1,
      route: 'direct',
    };
    for (const id of ['a', 'b', 'c']) await store.ledger.reserve({ id, ...base });
    await store.ledger.settle('a', { status: 'settled', inputTokens: 10, costUsd: 0.5 });
    await store.ledger.settle('b', { status: 'settled', inputTokens: 10, costUsd: null });
    assert.equal(await store.ledger.reclaim(), 1);
    assert.deepEqual(await store.ledger.threadCost('t'), { costUsd: 0.5, complete: false });
    const [group] = await store.usage.groupBy('local', 'model');
    assert.deepEqual([group?.key, group?.requests, group?.costUsd, group?.unpriced], ['p/m', 3, 0.5, 1]);
  }));

test('secrets are not readable in the file, and survive a restart', async () => {
  await withStore(async (store, dir) => {
    await store.settings.setSecret('openai', 'sk-canary-123456');
    assert.equal(await store.settings.getSecret('openai'), 'sk-canary-123456');
    const again = await openStore(dir);
    assert.equal(await again.settings.getSecret('openai'), 'sk-canary-123456');
    await again.close();
    for (const name of ['crosspoint.db', 'crosspoint.db-wal']) {
      assert.ok(!readFileSync(join(dir, name)).includes('sk-canary'), name);
    }
    assert.equal(statSync(join(dir, 'crosspoint.db')).mode & 0o777, 0o600);
    assert.equal(statSync(join(dir, 'master.key')).mode & 0o777, 0o600);
  });
});
