import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import * as start from './migrations/0001-start.ts';
import { openStore } from './open-store.ts';
import type { Database } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';

/** The file as the first version left it, with one thread. */
async function firstVersion(path: string): Promise<void> {
  const db = new Kysely<Database>({ dialect: nodeSqliteDialect(openSqliteFile(path)) });
  const provider = { getMigrations: () => Promise.resolve({ '0001-start': start }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  assert.equal(error, undefined);
  await sql`insert into threads (id, user_id, title, titled, model_config, approval_mode, sandbox_id, sandbox_type,
    use_morph, created_at, updated_at) values ('t', 'u', 'Old', 1, '{"provider":"demo","model":"m"}', 'ask', 's',
    'local', 0, '2026-11-24', '2026-11-24')`.execute(db);
  await sql`insert into messages (thread_id, seq, id, run_id, role, parts, status, created_at)
    values ('t', 1, 'm', 'r', 'user', '[]', 'complete', '2026-11-24')`.execute(db);
  await db.destroy();
}

test('a database of the first version opens with its threads, which have no fallback chain, and takes one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-store-'));
  try {
    await firstVersion(join(dir, 'crosspoint.db'));
    const store = await openStore(dir);
    const old = await store.threads.get('u', 't');
    assert.equal(old?.title, 'Old');
    assert.deepEqual([old.fallbackModels, old.pauseOnMismatch], [[], false]);
    assert.deepEqual([old.autoCompact, old.compactionModel, old.cacheAnswers], [true, null, false]);
    assert.deepEqual(await store.compactions.list('t'), []);
    assert.deepEqual([old.branch, await store.branches.list('t')], [0, []]);
    assert.deepEqual(
      (await store.messages.list('t')).map(({ id, seq }) => [id, seq]),
      [['m', 1]],
    );
    const change = {
      fallbackModels: [{ provider: 'demo', model: 'other' }],
      pauseOnMismatch: true,
      cacheAnswers: true,
    };
    await store.threads.update('u', 't', change);
    await store.close();
    const again = await openStore(dir);
    assert.deepEqual(await again.threads.get('u', 't'), { ...old, ...change });
    await again.close();
  } finally {
    rmSync(dir, { recursive: true });
  }
});
