import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { compactionStore } from './compactions.ts';
import { branchStore } from './branches.ts';
import { openDatabase, type Queries } from './database.ts';
import { eventStore } from './events.ts';
import { idempotencyStore } from './idempotency.ts';
import { keyStore } from './keys.ts';
import { ledgerStore } from './ledger.ts';
import { LedgerJournal } from './ledger-journal.ts';
import { messageStore } from './messages.ts';
import { runStore } from './runs.ts';
import type { Database } from './schema.ts';
import { sessionStore } from './sessions.ts';
import { settingsStore } from './settings.ts';
import type { Store, StoreTables } from './store.ts';
import { threadStore } from './threads.ts';
import { toolCallStore } from './tool-calls.ts';
import { toolOutputStore } from './tool-outputs.ts';
import { usageStore } from './usage.ts';
import { workspaceStore } from './workspaces.ts';

const masterKeyBytes = 32;

/**
 * Opens the record of a data directory (mode 0700): `crosspoint.db` and `master.key` (0600).
 * @throws with a sentence for the person who starts it: a damaged file, a newer version's file, a wrong master key
 */
export async function openStore(dataDir: string): Promise<Store> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const masterKey = readMasterKey(join(dataDir, 'master.key'));
  const db = await openDatabase(join(dataDir, 'crosspoint.db'));
  const journal = new LedgerJournal(db, dataDir);
  return {
    ...parts(db, masterKey),
    ledger: journal.of(ledgerStore(db)),
    usage: usageStore(db, () => journal.flush()),
    transaction: (work) => inTransaction(db, masterKey, work),
    async close() {
      await journal.close();
      await db.destroy();
    },
  };
}

function inTransaction<Result>(
  db: Kysely<Database>,
  masterKey: Buffer,
  work: (store: StoreTables) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute((queries) => {
    const store: StoreTables = { ...parts(queries, masterKey), transaction: (nested) => nested(store) };
    return work(store);
  });
}

function parts(db: Queries, masterKey: Buffer): Omit<StoreTables, 'transaction'> {
  return {
    threads: threadStore(db),
    branches: branchStore(db),
    messages: messageStore(db),
    compactions: compactionStore(db),
    runs: runStore(db),
    toolCalls: toolCallStore(db),
    toolOutputs: toolOutputStore(db),
    events: eventStore(db),
    keys: keyStore(db),
    settings: settingsStore(db, masterKey),
    sessions: sessionStore(db),
    idempotency: idempotencyStore(db),
    workspaces: workspaceStore(db),
  };
}

/** Created on first use, whole or not at all; two processes that start at once agree on the first one's. */
function readMasterKey(path: string): Buffer {
  if (!existsSync(path)) createMasterKey(path);
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
  if (key.length === masterKeyBytes) return key;
  throw new Error(
    `${path} is not a master key: it must hold ${masterKeyBytes} bytes in hex. Restore it from a backup; without it no stored secret can be read.`,
  );
}

function createMasterKey(path: string): void {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, randomBytes(masterKeyBytes).toString('hex'), { flag: 'wx', mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    unlinkSync(draft);
  }
}
