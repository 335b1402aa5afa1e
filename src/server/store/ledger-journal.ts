import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { changedColumns, hitColumns, reservedColumns } from './ledger-columns.ts';
import type { Database } from './schema.ts';
import { writeTogether, type Write } from './sqlite-dialect.ts';
import { storageError } from './sqlite-error.ts';
import type { LedgerStore } from './ledger.types.ts';

/** Milliseconds until rows are brought from the file into the table; or so many rows. */
const lingerMs = 100;
const mostRows = 250;
/** Milliseconds until the table is tried again when it could not be written. */
const retryMs = 1_000;

type Columns = Record<string, unknown>;

interface Row {
  columns: Columns;
  properties: Record<string, string>;
}

/** A line of the file: a row, or what became of one. */
type Line = { row: Row } | { id: string; change: Columns };

/**
 * The two writes of each model attempt, and the one of a cache hit: the most frequent of all. They go to the end of a file at once (what is there
 * survives the end of the process), and together into the table a moment later: most rows are settled by then and are
 * written once, whole. Whoever reads the ledger or begins a transaction sees everything that was written before.
 */
export class LedgerJournal {
  readonly #db: Kysely<Database>;
  readonly #folder: string;
  #file: { path: string; descriptor: number } | null = null;
  #rows = new Map<string, Row>();
  #changes: { id: string; change: Columns }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  readonly #statements = new Map<string, string>();

  constructor(db: Kysely<Database>, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  /** The same ledger with its frequent writes in the journal. */
  of(ledger: LedgerStore): LedgerStore {
    const after = async <Result>(read: () => Promise<Result>): Promise<Result> => {
      await this.flush();
      return read();
    };
    return {
      ...ledger,
      reserve: async (row) => this.#add(row.id, reservedColumns(row), row.properties),
      recordHit: async (hit) => this.#add(hit.id, hitColumns(hit), hit.properties),
      settle: async (id, result) => this.#settle(id, result),
      reclaim: async () => {
        await this.#takeOver();
        return after(() => ledger.reclaim());
      },
      list: (...query) => after(() => ledger.list(...query)),
      threadCost: (threadId) => after(() => ledger.threadCost(threadId)),
    };
  }

  /** Everything so far is in the table when this resolves. @throws CrosspointError when it cannot be written */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  /** The end: nothing is written after it. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #add(id: string, columns: Columns, properties: Record<string, string> = {}): void {
    const row = { columns, properties };
    this.#append({ row });
    this.#rows.set(id, row);
    if (this.#rows.size === mostRows) this.#soon(0);
  }

  #settle(id: string, result: Parameters<LedgerStore['settle']>[1]): void {
    const change: Columns = changedColumns(result);
    this.#append({ id, change });
    this.#merge(id, change);
  }

  /** A row that is not in the table yet is written as it became. */
  #merge(id: string, change: Columns): void {
    const row = this.#rows.get(id);
    if (row) Object.assign(row.columns, change);
    else this.#changes.push({ id, change });
  }

  #append(line: Line): void {
    try {
      this.#file ??= this.#newFile();
      writeSync(this.#file.descriptor, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw storageError(cause);
    }
    this.#soon(lingerMs);
  }

  #newFile(): { path: string; descriptor: number } {
    const path = join(this.#folder, `ledger-${Date.now()}-${randomUUID()}.journal`);
    return { path, descriptor: openSync(path, 'ax', 0o600) };
  }

  #soon(ms: number): void {
    if (this.#timer && ms > 0) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // The rows are safe in the file: whoever reads is told why they are not in the table.
      this.flush().catch(() => this.#soon(retryMs));
    }, ms);
  }

  /** What comes meanwhile goes to the next file. */
  async #write(): Promise<void> {
    const [rows, changes, file] = [this.#rows, this.#changes, this.#file];
    if (!file) return;
    [this.#rows, this.#changes, this.#file] = [new Map(), [], null];
    closeSync(file.descriptor);
    try {
      await writeTogether(this.#db, this.#writes(rows, changes));
    } catch (cause) {
      this.#putBack(rows, changes);
      unlinkSync(file.path);
      throw cause;
    }
    unlinkSync(file.path);
  }

  /** In a new file, in their order: before what came meanwhile. */
  #putBack(rows: Map<string, Row>, changes: { id: string; change: Columns }[]): void {
    const [newer, later] = [this.#rows, this.#changes];
    [this.#rows, this.#changes] = [rows, changes];
    for (const row of rows.values()) this.#append({ row });
    for (const change of changes) this.#append(change);
    for (const [id, row] of newer) this.#rows.set(id, row);
    for (const { id, change } of later) this.#merge(id, change);
  }

  #writes(rows: Map<string, Row>, changes: readonly { id: string; change: Columns }[]): Write[] {
    const writes: Write[] = [];
    for (const { columns, properties } of rows.values()) {
      writes.push(this.#insert(columns));
      for (const [name, value] of Object.entries(properties))
        writes.push({ sql: insertProperty, parameters: [columns.user_id, name, value, columns.id] });
    }
    for (const { id, change } of changes) writes.push(this.#update(id, change));
    return writes;
  }

  /** Again after a crash it is the same row. */
  #insert(columns: Columns): Write {
    const names = Object.keys(columns);
    const sql = this.#statement(`insert ${names.join()}`, () => {
      const listed = names.map((name) => `"${name}"`).join(', ');
      return `insert into "ledger" (${listed}) values (${names.map(() => '?').join(', ')}) on conflict ("id") do nothing`;
    });
    return { sql, parameters: Object.values(columns) };
  }

  #update(id: string, change: Columns): Write {
    const names = Object.keys(change);
    const sql = this.#statement(`update ${names.join()}`, () => {
      const set = names.map((name) => `"${name}" = ?`).join(', ');
      return `update "ledger" set ${set} where "id" = ?`;
    });
    return { sql, parameters: [...Object.values(change), id] };
  }

  #statement(key: string, make: () => string): string {
    const known = this.#statements.get(key);
    if (known !== undefined) return known;
    const sql = make();
    this.#statements.set(key, sql);
    return sql;
  }

  /** What a process left behind that ended before its rows were in the table. Only the one that serves may do this. */
  async #takeOver(): Promise<void> {
    const left = readdirSync(this.#folder)
      .filter((name) => /^ledger-.*\.journal$/.test(name))
      .map((name) => join(this.#folder, name))
      .filter((path) => path !== this.#file?.path)
      .sort();
    for (const path of left) {
      const [rows, changes] = [new Map<string, Row>(), [] as { id: string; change: Columns }[]];
      for (const line of linesOf(path)) {
        if ('row' in line) rows.set(String(line.row.columns.id), line.row);
        else changes.push(line);
      }
      await writeTogether(this.#db, this.#writes(rows, changes));
      unlinkSync(path);
    }
  }
}

/** A line that is not whole is the last one, and nobody was told that it was written. */
function linesOf(path: string): Line[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).flatMap((line) => parsed(line));
}

function parsed(line: string): Line[] {
  try {
    return [JSON.parse(line) as Line];
  } catch (cause) {
    if (cause instanceof SyntaxError) return [];
    throw cause;
  }
}

const insertProperty =
  'insert into "ledger_properties" ("user_id", "name", "value", "row") select ?, ?, ?, "row" from "ledger" where "id" = ? on conflict do nothing';
