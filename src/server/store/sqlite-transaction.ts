import type { DatabaseSync } from 'node:sqlite';
import { storageError } from './sqlite-error.ts';

/**
 * All of `work` or nothing of it, without giving way to anybody in between.
 * @throws `disk_full`, `store_busy`, `store_damaged`, and what `work` throws
 */
export function sqliteTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  try {
    database.exec('begin immediate');
    const result = work();
    database.exec('commit');
    return result;
  } catch (cause) {
    // A full disk has already rolled back.
    if (database.isTransaction) database.exec('rollback');
    throw storageError(cause);
  }
}
