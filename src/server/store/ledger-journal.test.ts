import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openStore } from './open-store.ts';
import { attempt, settled } from './testing/ledger-rows.ts';

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-ledger-'));
  folders.push(folder);
  return folder;
}

const journals = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.journal'));

test('what was reserved and settled is read at once', async () => {
  const store = await openStore(newFolder());
  await store.ledger.reserve(attempt('a'));
  const [reserved] = await store.ledger.list('owner');
  assert.equal(reserved?.status, 'reserved');
  await store.ledger.settle('a', settled);
  const [row] = await store.ledger.list('owner');
  assert.deepEqual([row?.status, row?.inputTokens, row?.outputTokens, row?.costUsd], ['settled', 5, 7, 0.25]);
  await store.close();
});

test('I5: after kill -9 a settled attempt is settled and an open one is reclaimed, each exactly once', async () => {
  const folder = newFolder();
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/ledger-child.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const start of ['first', 'second']) {
    const store = await openStore(folder);
    await store.ledger.reclaim();
    const rows = await store.ledger.list('owner');
    assert.deepEqual(
      rows.map(({ id, status, outputTokens }) => [id, status, outputTokens]),
      [
        ['first', 'settled', 7],
        ['second', 'aborted', 0],
      ],
      start,
    );
    assert.deepEqual(journals(folder), []);
    await store.close();
  }
});

test('a thousand attempts are a thousand rows, and no file is left behind', async () => {
  const folder = newFolder();
  const store = await openStore(folder);
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, at) => {
      await store.ledger.reserve(attempt(`n${at}`));
      if (at % 7 === 0) await new Promise((resolve) => setTimeout(resolve, at % 40));
      await store.ledger.settle(`n${at}`, settled);
    }),
  );
  const rows = await store.ledger.list('owner', { limit: 2_000 });
  assert.equal(new Set(rows.map(({ id }) => id)).size, 1_000);
  assert.ok(rows.every(({ status, costUsd }) => status === 'settled' && costUsd === 0.25));
  await store.close();
  assert.deepEqual(journals(folder), []);
});
