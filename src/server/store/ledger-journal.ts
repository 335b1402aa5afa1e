import type { Kysely } from 'kysely';
import { changedColumns, reservedColumns } from './ledger-columns.ts';
import type { Database } from './schema.ts';
import { writeTogether, type Write } from './sqlite-dialect.ts';
import type { LedgerStore } from './store.ts';

interface Entry {
  writes: Write[];
  done(): void;
  fail(cause: unknown): void;
}

/**
 * The two writes of each model attempt, the most frequent of all: those of one turn of the process are one transaction,
 * with statements that are made once. Reads see everything that was asked for before them.
 */
export class LedgerJournal {
  readonly #db: Kysely<Database>;
  #pending: Entry[] = [];
  #turn: NodeJS.Immediate | null = null;
  #writing: Promise<void> = Promise.resolve();
  readonly #statements = new Map<string, string>();

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** The same ledger with its frequent writes in the journal. */
  of(ledger: LedgerStore): LedgerStore {
    const after = async <Result>(read: () => Promise<Result>): Promise<Result> => {
      await this.flush();
      return read();
    };
    return {
      ...ledger,
      reserve: (row) => this.#reserve(row),
      settle: (id, result) => this.#settle(id, result),
      reclaim: () => after(() => ledger.reclaim()),
      list: (...query) => after(() => ledger.list(...query)),
      threadCost: (threadId) => after(() => ledger.threadCost(threadId)),
    };
  }

  /** Everything that was asked for so far is written when this resolves. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #reserve(row: Parameters<LedgerStore['reserve']>[0]): Promise<void> {
    const columns = reservedColumns(row);
    const writes = [this.#insert(columns)];
    for (const [name, value] of Object.entries(row.properties ?? {}))
      writes.push({ sql: insertProperty, parameters: [columns.user_id, name, value, columns.id] });
    return this.#add(writes);
  }

  #settle(id: string, result: Parameters<LedgerStore['settle']>[1]): Promise<void> {
    const columns = changedColumns(result);
    const names = Object.keys(columns);
    const sql = this.#statement(
      `update ${names.join()}`,
      () => `update "ledger" set ${names.map((name) => `"${name}" = ?`).join(', ')} where "id" = ?`,
    );
    return this.#add([{ sql, parameters: [...Object.values(columns), id] }]);
  }

  #insert(columns: object): Write {
    const names = Object.keys(columns);
    const sql = this.#statement(
      `insert ${names.length}`,
      () =>
        `insert into "ledger" (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map(() => '?').join(', ')})`,
    );
    return { sql, parameters: Object.values(columns) };
  }

  /** The columns are always given in the same order. */
  #statement(key: string, make: () => string): string {
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const sql = make();
    this.#statements.set(key, sql);
    return sql;
  }

  #add(writes: Write[]): Promise<void> {
    this.#turn ??= setImmediate(() => this.#write());
    return new Promise((done, fail) => this.#pending.push({ writes, done, fail }));
  }

  #write(): void {
    if (this.#turn) clearImmediate(this.#turn);
    this.#turn = null;
    if (!this.#pending.length) return;
    const entries = this.#pending;
    this.#pending = [];
    const before = this.#writing;
    this.#writing = before.then(() => this.#commit(entries));
  }

  /** One that cannot be written must not take the others with it. */
  async #commit(entries: Entry[]): Promise<void> {
    try {
      await writeTogether(
        this.#db,
        entries.flatMap(({ writes }) => writes),
      );
      for (const { done } of entries) done();
    } catch (cause) {
      const [only, ...others] = entries;
      if (only && !others.length) return only.fail(cause);
      for (const entry of entries) await this.#commit([entry]);
    }
  }
}

const insertProperty =
  'insert into "ledger_properties" ("user_id", "name", "value", "row") values (?, ?, ?, (select "row" from "ledger" where "id" = ?))';
