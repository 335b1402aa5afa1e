import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { eventually } from '#tests/support/eventually.ts';
import { branchStore } from './branches.ts';
import { NodeSqliteSaver } from './checkpoint-saver.ts';
import { eventStore } from './events.ts';
import { idempotencyStore } from './idempotency.ts';
import { keyStore } from './keys.ts';
import { ledgerStore } from './ledger.ts';
import { messageStore } from './messages.ts';
import { openStore } from './open-store.ts';
import { runStore } from './runs.ts';
import type { Database } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';
import type { Store } from './store.ts';
import { commitNumber, messageRow, prose, threadRow, writeTurn } from './testing/sample-rows.ts';
import { threadStore } from './threads.ts';
import { toolCallStore } from './tool-calls.ts';
import { usageStore } from './usage.ts';

async function withStore(work: (store: Store, dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-faults-'));
  const store = await openStore(dir);
  try {
    await work(store, dir);
  } finally {
    await store.close();
    rmSync(dir, { recursive: true });
  }
}

test('the database waits for the disk at every commit, and only its owner may read it', () =>
  withStore(async (_store, dir) => {
    const database = openSqliteFile(join(dir, 'crosspoint.db'));
    assert.deepEqual({ ...database.prepare('pragma synchronous').get() }, { synchronous: 2 });
    assert.deepEqual({ ...database.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' });
    database.close();
    const modes = ['', 'crosspoint.db', 'crosspoint.db-wal', 'master.key'].map(
      (name) => statSync(join(dir, name)).mode & 0o777,
    );
    assert.deepEqual(modes, [0o700, 0o600, 0o600, 0o600]);
  }));

test('a second process that writes is waited for, and everything else goes on meanwhile (F20)', () =>
  withStore(async (store, dir) => {
    const other = new DatabaseSync(join(dir, 'crosspoint.db'));
    other.exec('begin immediate');
    let turns = 0;
    const clock = setInterval(() => (turns += 1), 10);
    const writing = commitNumber(store, 1);
    let isWritten = false;
    void writing.then(() => (isWritten = true));
    await eventually('the loop turns while the write waits', () => turns >= 15);
    assert.equal(isWritten, false);
    other.exec('commit');
    other.close();
    await writing;
    clearInterval(clock);
    assert.equal((await store.messages.list('t')).length, 1);
  }));

async function withShortWait(
  work: (db: Kysely<Database>, other: DatabaseSync) => Promise<void>,
): Promise<void> {
  await withStore(async (_store, dir) => {
    const db = new Kysely<Database>({
      dialect: nodeSqliteDialect(openSqliteFile(join(dir, 'crosspoint.db')), 100),
    });
    const other = new DatabaseSync(join(dir, 'crosspoint.db'));
    try {
      await work(db, other);
    } finally {
      other.close();
      await db.destroy();
    }
  });
}

test('a lock that is not released becomes a typed error, and the next write works (F20)', () =>
  withShortWait(async (db, other) => {
    other.exec('begin immediate');
    const write = () =>
      db.transaction().execute((inside) => messageStore(inside).append(messageRow('m', [])));
    await assert.rejects(write(), { code: 'store_busy', status: 503 });
    await assert.rejects(threadStore(db).create(threadRow('t')), { code: 'store_busy' });
    assert.deepEqual(await messageStore(db).list('t'), []);
    other.exec('rollback');
    assert.equal((await write()).seq, 1);
  }));

test('work in a transaction that asks the store outside of it fails instead of waiting for itself for ever', () =>
  withShortWait(async (db) => {
    const outside = db.transaction().execute(() => messageStore(db).append(messageRow('m', [])));
    await assert.rejects(outside, { code: 'store_busy' });
    assert.equal((await messageStore(db).append(messageRow('m', []))).seq, 1);
  }));

test('a full disk is a typed error, everything can still be read, and space is enough to go on (F19)', (context) =>
  onSmallDisk(context, async (dir) => {
    const store = await openStore(dir);
    const saver = new NodeSqliteSaver(join(dir, 'checkpoints.db'));
    const ballast = join(dir, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    await store.threads.create(threadRow('t'));
    let written = 0;
    const fill = async () => {
      for (; written < 400; written += 1) {
        const parts = [{ type: 'text' as const, text: prose(String(written), 50_000) }];
        await store.transaction((inside) => inside.messages.append(messageRow(`filler${written}`, parts)));
      }
    };
    await assert.rejects(fill(), { code: 'disk_full', status: 507 });
    await assert.rejects(fillCheckpoints(saver), { code: 'disk_full' });
    assert.ok(written > 5);
    assert.equal((await store.messages.list('t')).length, written);
    assert.equal((await store.threads.get('local', 't'))?.title, 'New');
    unlinkSync(ballast);
    await commitNumber(store, 1);
    assert.equal((await store.messages.list('t')).length, written + 1);
    saver.close();
    await store.close();
    const again = await openStore(dir);
    assert.equal((await again.messages.list('t')).length, written + 1);
    await again.close();
  }));

async function fillCheckpoints(saver: NodeSqliteSaver): Promise<void> {
  const config = { configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: 'c' } };
  for (let number = 0; number < 400; number += 1) {
    await saver.putWrites(config, [['messages', prose(String(number), 50_000)]], `task ${number}`);
  }
}

async function onSmallDisk(context: TestContext, work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dir]).status === 0;
  try {
    if (!mounted) return context.skip('a small file system cannot be mounted here: that needs root');
    await work(dir);
  } finally {
    // Lazily: a test that failed leaves its files open.
    if (mounted) spawnSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true });
  }
}

test('when a damaged page is met while running, nothing more is written (F21)', () =>
  withStore(async (store, dir) => {
    for (let number = 1; number <= 40; number += 1) await commitNumber(store, number);
    const path = join(dir, 'crosspoint.db');
    const other = new DatabaseSync(path);
    const { rootpage } = other
      .prepare("select rootpage from sqlite_schema where name = 'messages'")
      .get() as { rootpage: number };
    // A foreign commit makes the store forget the pages that it has in memory.
    other.exec("insert into settings values ('a', 'b'); pragma wal_checkpoint(truncate)");
    other.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, (rootpage - 1) * 4_096);
    closeSync(file);
    await assert.rejects(store.messages.list('t'), { code: 'store_damaged' });
    await assert.rejects(store.settings.set('a', 'c'), { code: 'store_damaged' });
    assert.equal(await store.settings.get('a'), 'b');
  }));

test('a database of a newer version is refused and left alone', () =>
  withStore(async (_store, dir) => {
    const other = new DatabaseSync(join(dir, 'crosspoint.db'));
    other.exec("insert into kysely_migration values ('9999-future', '2027-01-01')");
    await assert.rejects(openStore(dir), /newer Crosspoint \(migration 9999-future\)/);
    other.exec("delete from kysely_migration where name = '9999-future'");
    other.close();
    await (await openStore(dir)).close();
  }));

test('several openers of a new data directory agree on its tables and its key', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-openers-'));
  const script = `
    const { openStore } = await import(${JSON.stringify(join(import.meta.dirname, 'open-store.ts'))});
    const store = await openStore(${JSON.stringify(dir)});
    await store.settings.setSecret('key of ' + process.pid, 'secret');
    await store.close();`;
  const starts = Array.from({ length: 4 }, () => runScript(script));
  assert.deepEqual(await Promise.all(starts), [0, 0, 0, 0]);
  const store = await openStore(dir);
  await store.close();
  const database = new DatabaseSync(join(dir, 'crosspoint.db'));
  const keys = database.prepare('select key from secrets').all();
  database.close();
  const again = await openStore(dir);
  for (const { key } of keys) assert.equal(await again.settings.getSecret(String(key)), 'secret');
  assert.equal(keys.length, 4);
  await again.close();
  rmSync(dir, { recursive: true });
});

async function runScript(script: string): Promise<number | null> {
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.on('close', resolve));
}

test('no statement of a request reads a whole table: a step costs the same at turn 800', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'crosspoint-plans-'));
  await (await openStore(dir)).close();
  const database = openSqliteFile(join(dir, 'crosspoint.db'));
  const asked = new Set<string>();
  const db = new Kysely<Database>({
    dialect: nodeSqliteDialect(database),
    log: ({ query }) => void asked.add(query.sql),
  });
  await askEverything(db);
  const scans = [...asked]
    .filter((statement) => /^(select|update|delete)/.test(statement))
    .flatMap((statement) => {
      const plan = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
      return plan
        .filter(({ detail }) => detail.startsWith('SCAN') && detail !== 'SCAN CONSTANT ROW')
        .map(({ detail }) => `${detail}: ${statement}`);
    });
  assert.ok(asked.size > 40, `${asked.size} statements`);
  assert.deepEqual(scans, []);
  const planOf = (part: string) => {
    const statement = [...asked].find((each) => each.includes(part)) ?? assert.fail(`nobody asks ${part}`);
    const plan = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
    return plan.map(({ detail }) => detail).join('; ');
  };
  // What a whole thread's rows would be read for, in a thread of 800 turns.
  assert.match(planOf("state <> 'finished'"), /tool_calls_open \(thread_id=\? AND turn_id=\?\)/);
  assert.match(
    planOf('(select max(seq) from messages where thread_id = ? and branch ='),
    /COVERING INDEX messages_by_branch \(thread_id=\? AND branch=\?\)/,
  );
  assert.match(planOf('min("id")'), /COVERING INDEX events_unjoined \(thread_id=\?\)/);
  assert.match(
    planOf('"thread_id" = ? order by "row" desc'),
    /^SEARCH ledger USING INDEX ledger_by_thread \(thread_id=\?\)$/,
  );
  await db.destroy();
  rmSync(dir, { recursive: true });
});

async function askEverything(db: Kysely<Database>): Promise<void> {
  const [threads, messages, runs] = [threadStore(db), messageStore(db), runStore(db)];
  const branches = branchStore(db);
  const [toolCalls, events, ledger] = [toolCallStore(db), eventStore(db), ledgerStore(db)];
  const store = { threads, branches, messages, runs, toolCalls, events, ledger } as Store;
  store.transaction = (work) => work(store);
  await threads.create(threadRow('t'));
  await writeTurn(store, 1);
  await threads.get('local', 't');
  await threads.list('local');
  await threads.update('local', 't', { title: 'a' });
  await messages.list('t', { afterSeq: 1 });
  await messages.place('t', 'm');
  await branches.add('t', { parentId: 0, afterSeq: 1, createdAt: '' });
  await messages.list('t');
  await events.append('t', [{ type: 'notice', data: { code: 'c', message: '' } }]);
  await runs.latest('t', 1);
  await toolCalls.ids('t');
  const run = await runs.latest('t');
  await runs.get(run?.id ?? '');
  await runs.listRunning();
  await assert.rejects(runs.assertOwner(run?.id ?? '', 1), { code: 'interrupted' });
  await toolCalls.list('t');
  await toolCalls.list('t', { turnId: 'r', open: true });
  await toolCalls.list('t', { messageId: 'm' });
  await events.list('t', 3);
  await events.listOfTypes('t', ['notice', 'run.finished'], { newest: 1 });
  await ledger.settle('l', { status: 'settled' });
  await ledger.reclaim();
  await ledger.list('local', { threadId: 't' });
  await ledger.list('local', { runId: 'r' });
  await ledger.threadCost('t');
  const usage = usageStore(db);
  for (const by of ['model', 'thread', 'property:team'] as const) await usage.groupBy('local', by);
  await usage.groupBy('local', 'thread', { keyId: 'k', from: '2026-01-01' });
  await usage.performance('local', { from: '2026-01-01', to: '2026-02-01' });
  await usage.servedModels('local');
  const property = { name: 'team', value: 'a' };
  for (const filter of [{}, { keyId: 'k' }, { provider: 'p', model: 'm' }, { property }, { error: 'e' }])
    await usage.requests('local', filter, { limit: 10 });
  await usage.story('local', 'q');
  const keys = keyStore(db);
  await keys.byHash('h');
  await keys.get('local', 'k');
  await keys.list('local');
  await idempotencyStore(db).claim('local', 'k', 'b', 'r');
  await threads.delete('local', 't');
}
