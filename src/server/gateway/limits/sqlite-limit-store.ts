import type { DatabaseSync } from 'node:sqlite';
import { openSqliteFile } from '#server/store/sqlite-file.ts';
import { Buckets } from './buckets.ts';
import { BudgetBook } from './budget-book.ts';
import { systemLimitClock, type LimitClock } from './limit-clock.ts';
import type { LimitStore } from './limit-store.ts';

/** A third of a lease: two sweeps may be late. */
const sweepAfterMs = 20_000;

export interface LimitStoreOptions {
  /** A file (usually `limits.db` in the data directory), or `:memory:`. */
  path: string;
  clock?: LimitClock;
  /** Told when work in the background fails; what it left undone is tried again. */
  onFailure?: (cause: unknown) => void;
}

/**
 * Buckets and budgets in a SQLite file of their own: counting never waits for the record, nor the record for counting
 * (docs/decisions/0007).
 * @throws with a sentence for the log when the file is damaged
 */
export function openLimitStore(options: LimitStoreOptions): LimitStore {
  const { path, clock = systemLimitClock, onFailure = () => undefined } = options;
  const database = openSqliteFile(path, 'normal');
  const buckets = new Buckets(database, clock, onFailure);
  const budgets = new BudgetBook(database, clock);
  const stop = everySweep(clock, onFailure, () => {
    budgets.sweep();
    buckets.sweep();
  });
  return {
    take: (bucket, rate, demand) => buckets.take(bucket, rate, demand),
    add: (bucket, rate, amount) => buckets.add(bucket, rate, amount),
    reserve: (lines, usd) => budgets.reserve(lines, usd),
    settle: (reservation, usd, unpriced) => budgets.settle(reservation, usd, unpriced),
    release: (reservation) => budgets.release(reservation),
    spent: (subject, period) => budgets.spent(subject, period),
    close: () => {
      stop();
      closeFlushed(database, buckets, onFailure);
    },
  };
}

function everySweep(clock: LimitClock, onFailure: (cause: unknown) => void, sweep: () => void): () => void {
  const again = () => {
    try {
      sweep();
    } catch (cause) {
      onFailure(cause);
    }
    stop = clock.after(sweepAfterMs, again);
  };
  let stop = clock.after(sweepAfterMs, again);
  return () => stop();
}

function closeFlushed(database: DatabaseSync, buckets: Buckets, onFailure: (cause: unknown) => void): void {
  try {
    buckets.flush();
  } catch (cause) {
    onFailure(cause);
  } finally {
    database.close();
  }
}
