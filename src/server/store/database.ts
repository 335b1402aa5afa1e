import { copyFileSync, mkdirSync, chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, type Transaction } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { CrosspointError } from '#protocol/errors.ts';
import * as start from './migrations/0001-start.ts';
import type { Database } from './schema.ts';
import { nodeSqliteDialect } from './sqlite-dialect.ts';

export type Queries = Kysely<Database> | Transaction<Database>;

/** One file a migration, applied in the order of their names, each in one transaction. */
const migrations: Record<string, Migration> = { '0001-start': start };

/** Milliseconds that a second process waits for the write lock; Node's default is 0. */
const busyTimeoutMs = 5_000;

/**
 * Opens (and creates) the database: WAL, synchronous=FULL, so that what is acknowledged survives `kill -9` and power loss.
 * @throws when the file is damaged; a copy is left beside it and nothing is started empty (fault F21).
 */
export async function openDatabase(path: string): Promise<Kysely<Database>> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    configure(database);
  } catch (cause) {
    database.close();
    throw damaged(path, cause);
  }
  chmodSync(path, 0o600);
  const db = new Kysely<Database>({ dialect: nodeSqliteDialect(database) });
  await migrate(db);
  return db;
}

function configure(database: DatabaseSync): void {
  const mode = database.prepare('pragma journal_mode = wal').get() as { journal_mode: string };
  if (mode.journal_mode !== 'wal')
    throw new Error('The data directory does not support SQLite WAL (a network drive?).');
  database.exec('pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 1000;');
  const check = database.prepare('pragma quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok') throw new Error(check.quick_check);
}

function damaged(path: string, cause: unknown): Error {
  const copy = `${path}.damaged-${Date.now()}`;
  copyFileSync(path, copy);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `The database ${path} cannot be opened: ${reason} A copy is in ${copy}. Restore a backup, or move the file away to start anew.`,
    { cause },
  );
}

async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (!error) return;
  await db.destroy();
  throw new Error(
    `The database was written by a newer Crosspoint, or its migration failed: ${(error as Error).message}`,
    {
      cause: error,
    },
  );
}

/** SQLite's full disk becomes the typed error; everything else passes. */
export function storageError(cause: unknown): unknown {
  const code = (cause as { errcode?: number } | null)?.errcode;
  return code === 13 ? new CrosspointError('disk_full', {}, { cause }) : cause;
}
