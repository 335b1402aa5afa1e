import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, closeSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { openDatabase, storageError, type Queries } from './database.ts';
import { eventStore } from './events.ts';
import { idempotencyStore } from './idempotency.ts';
import { ledgerStore } from './ledger.ts';
import { messageStore } from './messages.ts';
import { runStore } from './runs.ts';
import type { Database } from './schema.ts';
import { sessionStore } from './sessions.ts';
import { settingsStore } from './settings.ts';
import type { Store } from './store.ts';
import { threadStore } from './threads.ts';
import { toolCallStore } from './tool-calls.ts';

/** Opens the record of a data directory (mode 0700): `crosspoint.db` and `master.key` (0600). */
export async function openStore(dataDir: string): Promise<Store> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const masterKey = readMasterKey(join(dataDir, 'master.key'));
  const db = await openDatabase(join(dataDir, 'crosspoint.db'));
  return {
    ...parts(db, masterKey),
    transaction: (work) => inTransaction(db, masterKey, work),
    close: () => db.destroy(),
  };
}

async function inTransaction<Result>(
  db: Kysely<Database>,
  masterKey: Buffer,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute((queries) => {
      const store: Store = {
        ...parts(queries, masterKey),
        transaction: (nested) => nested(store),
        close: () => Promise.reject(new Error('A transaction cannot close the store.')),
      };
      return work(store);
    });
  } catch (cause) {
    throw storageError(cause);
  }
}

function parts(db: Queries, masterKey: Buffer): Omit<Store, 'transaction' | 'close'> {
  return {
    threads: threadStore(db),
    messages: messageStore(db),
    runs: runStore(db),
    toolCalls: toolCallStore(db),
    events: eventStore(db),
    ledger: ledgerStore(db),
    settings: settingsStore(db, masterKey),
    sessions: sessionStore(db),
    idempotency: idempotencyStore(db),
  };
}

/** Created on first use; two processes that start at once agree on the one that was written first. */
function readMasterKey(path: string): Buffer {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, randomBytes(32).toString('hex'));
    closeSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  return Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
}
