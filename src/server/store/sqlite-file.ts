import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDamaged } from './sqlite-error.ts';

/** Milliseconds that opening waits for another process that opens the same file; Node's default is 0. */
const openTimeoutMs = 5_000;

/**
 * `full`: what is committed survives `kill -9` and power loss. `normal`: it survives `kill -9`, and after power loss the
 * file is whole but may be a moment old; for what can be made anew from another file.
 */
export type Durability = 'full' | 'normal';

/**
 * Opens a SQLite file (0600, in a folder of 0700) with a WAL.
 * @param path a file, or `:memory:`
 * @throws with a sentence for the log when the file is damaged, which leaves a copy beside it and starts nothing empty
 *   (fault F21), or when the folder cannot hold a WAL
 */
export function openSqliteFile(path: string, durability: Durability = 'full'): DatabaseSync {
  const inMemory = path === ':memory:';
  if (!inMemory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: openTimeoutMs });
  try {
    if (!inMemory) chmodSync(path, 0o600);
    const journal = configure(database, durability);
    if (!inMemory && journal !== 'wal')
      throw new Error(`${path} is in a folder that does not support SQLite's WAL. Use a local disk.`);
    return database;
  } catch (cause) {
    database.close();
    throw isDamaged(cause) ? damaged(path, cause as Error) : cause;
  }
}

/** Gives the journal mode that SQLite really took: on a file system without shared memory it silently keeps another. */
function configure(database: DatabaseSync, durability: Durability): string {
  const { journal_mode: journal } = database.prepare('pragma journal_mode = wal').get() as {
    journal_mode: string;
  };
  database.exec(
    `pragma synchronous = ${durability}; pragma foreign_keys = on; pragma wal_autocheckpoint = 1000`,
  );
  const check = database.prepare('pragma quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok') throw Object.assign(new Error(check.quick_check), { errcode: 11 });
  return journal;
}

/** One copy for each state of the file: a service that is restarted over and over must not fill the disk. */
function damaged(path: string, cause: Error): Error {
  const copy = `${path}.damaged-${Math.round(statSync(path).mtimeMs)}`;
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix) && !existsSync(copy + suffix)) copyFileSync(path + suffix, copy + suffix);
  }
  return new Error(
    `The database ${path} is damaged: ${cause.message}. A copy is kept in ${copy}. Restore a backup, or move the file away to start anew.`,
    { cause },
  );
}

/** Deletes a file with its WAL and its damaged copies: only where everything in it can be had again. */
export function discardSqliteFile(path: string): void {
  const folder = dirname(path);
  const name = basename(path);
  const belongs = (file: string) =>
    file === name || file.startsWith(`${name}-`) || file.startsWith(`${name}.damaged-`);
  for (const file of readdirSync(folder)) if (belongs(file)) rmSync(join(folder, file));
}
