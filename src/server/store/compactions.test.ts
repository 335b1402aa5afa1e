import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from './open-store.ts';
import type { CompactionRow } from './store.ts';
import { at, threadRow } from './testing/sample-rows.ts';

const row = (id: string): CompactionRow => ({
  id,
  threadId: 't',
  branchId: 0,
  throughSeq: 4,
  method: 'summary',
  scope: 'when_needed',
  by: 'auto',
  writtenBy: 'openai/gpt-4.1',
  forModel: 'groq/small',
  limits: { results: 400, words: null },
  text: `What ${id} says.\n\u0000`,
  tokensBefore: 9_000,
  tokensAfter: 900,
  costUsd: null,
  createdAt: at,
});

test('a compaction is kept as it was written, in order, until it is removed, and goes with its thread', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-store-'));
  const store = await openStore(dir);
  try {
    await store.threads.create(threadRow('t'));
    await store.transaction((inside) => inside.compactions.append(row('one')));
    await store.transaction((inside) => inside.compactions.append(row('two')));
    assert.deepEqual(await store.compactions.list('t'), [row('one'), row('two')]);
    assert.equal(await store.compactions.remove('other', 'two', at), false);
    assert.equal(await store.compactions.remove('t', 'two', at), true);
    assert.equal(await store.compactions.remove('t', 'two', at), false);
    assert.deepEqual(await store.compactions.list('t'), [row('one')]);
    await store.threads.delete('local', 't');
    assert.deepEqual(await store.compactions.list('t'), []);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
});
