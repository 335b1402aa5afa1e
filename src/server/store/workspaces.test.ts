import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';
import { at, threadRow } from './testing/sample-rows.ts';

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-store-'));
  const store = await openStore(dir);
  try {
    await work(store);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

const step = (toolCallId: string, afterCommit = 'b') => ({
  threadId: 't',
  toolCallId,
  runId: 'r',
  beforeCommit: 'a',
  afterCommit,
  files: [],
  createdAt: at,
});
const rewind = (id: string) => ({
  threadId: 't',
  id,
  target: { kind: 'step' as const, toolCallId: 'one' },
  beforeCommit: 'b',
  afterCommit: 'a',
  files: [],
  applied: false,
  createdAt: at,
});
const snapshot = {
  threadId: 't',
  id: 1,
  commit: 'a',
  baseId: null,
  bytes: 10,
  sha256: 'x',
  leftOut: ['large'],
  why: 'turn',
  createdAt: at,
};
const sandbox = {
  threadId: 't',
  provider: 'e2b' as const,
  ref: 'i1',
  generation: 1,
  boundFolder: null,
  updatedAt: at,
};

test('steps and rewinds share one order, and a step that is recorded again keeps its place', () =>
  withStore(async ({ workspaces }) => {
    await workspaces.addStep(step('one'));
    await workspaces.addRewind(rewind('r1'));
    await workspaces.addStep(step('two'));
    await workspaces.addStep(step('one', 'c'));
    const steps = await workspaces.steps('t');
    assert.deepEqual(
      steps.map(({ toolCallId, position, afterCommit }) => [toolCallId, position, afterCommit]),
      [
        ['one', 1, 'c'],
        ['two', 3, 'b'],
      ],
    );
    await workspaces.updateRewind('t', 'r1', { applied: true, afterCommit: 'd' });
    await workspaces.markUndone('t', [1, 2], 'r2');
    const [first] = await workspaces.rewinds('t');
    assert.deepEqual(
      [first?.position, first?.applied, first?.undoneBy, first?.afterCommit],
      [2, true, 'r2', 'd'],
    );
    assert.equal((await workspaces.step('t', 'one'))?.undoneBy, 'r2');
    assert.equal((await workspaces.step('t', 'two'))?.undoneBy, null);
  }));

test('what was done to the files goes with the thread, and what is known of its sandbox with the sandbox', () =>
  withStore(async ({ threads, workspaces }) => {
    await threads.create({ ...threadRow('t'), sandboxId: 't' });
    await workspaces.addStep(step('one'));
    await workspaces.addRewind(rewind('r1'));
    await workspaces.addSnapshot(snapshot);
    await workspaces.putSandbox({ ...sandbox, ref: null });
    await workspaces.putSandbox(sandbox);
    assert.deepEqual(await workspaces.sandbox('t'), sandbox);
    assert.deepEqual(await workspaces.snapshots('t'), [snapshot]);
    assert.deepEqual(await workspaces.snapshotThreads(), [
      { threadId: 't', lastUsedAt: at, provider: 'e2b' },
    ]);
    assert.deepEqual(await threads.ofSandbox('t'), ['t']);
    await threads.delete('local', 't');
    assert.deepEqual([await workspaces.steps('t'), await workspaces.rewinds('t')], [[], []]);
    assert.deepEqual(await workspaces.snapshotThreads(), []);
    assert.deepEqual([await workspaces.sandbox('t'), await workspaces.snapshots('t')], [sandbox, [snapshot]]);
    await workspaces.removeSandbox('t');
    assert.deepEqual([await workspaces.sandbox('t'), await workspaces.snapshots('t')], [null, []]);
  }));
