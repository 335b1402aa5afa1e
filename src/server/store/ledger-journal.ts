import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { changedColumns, hitColumns, reservedColumns, rowColumns } from './ledger-columns.ts';
import type { Database } from './schema.ts';
import { linesOf, type Change, type Columns, type Line, type Row } from './ledger-lines.ts';
import { writeTogether, type Write } from './sqlite-dialect.ts';
import { storageError } from './sqlite-error.ts';
import type { LedgerStore } from './ledger.types.ts';

/** Milliseconds until rows are brought from the file into the table; or so many rows. */
const lingerMs = 100;
const mostRows = 250;
/** Milliseconds until the table is tried again when it could not be written. */
const retryMs = 1_000;

/** Lines that go to the file together, and who waits for them. */
interface Batch {
  lines: Line[];
  written: PromiseWithResolvers<void>;
}

/**
 * The two writes of each model attempt, and the one of a cache hit: the most frequent of all. They go to the end of a file
 * (what is there survives the end of the process), all those of one turn of the event loop in one piece: the call into the
 * kernel costs more than everything else about a line. Together they go into the table a moment later: most rows are
 * settled by then and are written once, whole. Whoever reads the ledger sees everything that was written before.
 */
export class LedgerJournal {
  readonly #db: Kysely<Database>;
  readonly #folder: string;
  #file: { path: string; descriptor: number } | null = null;
  #rows = new Map<string, Row>();
  #changes: Change[] = [];
  #batch: Batch | null = null;
  /** Lines of this turn of the event loop, and whether the last turn had several. */
  #inTurn = 0;
  #isBusy = false;
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
      reserve: (row) =>
        this.#reserve({ row: { columns: reservedColumns(row), properties: row.properties ?? {} } }),
      recordHit: (hit) =>
        this.#append({ row: { columns: hitColumns(hit), properties: hit.properties ?? {} } }),
      settle: (id, result) => this.#append({ id, change: changedColumns(result) }),
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

  /** An attempt waits for it: where few are on their way it is written at once. */
  async #reserve(line: Line): Promise<void> {
    if (this.#batch || this.#isBusy) return this.#append(line);
    this.#appendNow([line]);
    this.#count();
  }

  /** Resolves when it is in the file, at the end of this turn of the event loop. */
  #append(line: Line): Promise<void> {
    this.#batch ??= { lines: [], written: Promise.withResolvers() };
    this.#batch.lines.push(line);
    this.#count();
    return this.#batch.written.promise;
  }

  #count(): void {
    if (this.#inTurn++ === 0) setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isBusy = this.#inTurn > 1;
    this.#inTurn = 0;
    this.#appendBatch();
  }

  #appendBatch(): void {
    if (!this.#batch) return;
    const { lines, written } = this.#batch;
    this.#batch = null;
    try {
      this.#appendNow(lines);
    } catch (cause) {
      return written.reject(cause);
    }
    written.resolve();
  }

  #appendNow(lines: readonly Line[]): void {
    this.#toFile(lines);
    for (const line of lines) this.#note(line);
  }

  /** A row that is not in the table yet is written as it became. */
  #note(line: Line): void {
    if ('row' in line) {
      this.#rows.set(String(line.row.columns.id), line.row);
      if (this.#rows.size === mostRows) this.#soon(0);
      return;
    }
    const row = this.#rows.get(line.id);
    if (row) Object.assign(row.columns, line.change);
    else this.#changes.push(line);
  }

  /** @throws CrosspointError where it cannot be written */
  #toFile(lines: readonly Line[]): void {
    let text = '';
    for (const line of lines) text += `${JSON.stringify(line)}\n`;
    try {
      this.#file ??= this.#newFile();
      writeSync(this.#file.descriptor, text);
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
    this.#appendBatch();
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
  #putBack(rows: Map<string, Row>, changes: Change[]): void {
    const [newer, later] = [this.#rows, this.#changes];
    [this.#rows, this.#changes] = [rows, changes];
    const back: Line[] = [...Array.from(rows.values(), (row) => ({ row })), ...changes];
    for (const row of newer.values()) this.#note({ row });
    for (const change of later) this.#note(change);
    this.#toFile(back);
  }

  #writes(rows: Map<string, Row>, changes: readonly Change[]): Write[] {
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
    return { sql: insertRow, parameters: rowColumns.map((name) => columns[name] ?? null) };
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
      const [rows, changes] = [new Map<string, Row>(), [] as Change[]];
      for (const line of linesOf(path)) {
        if ('row' in line) rows.set(String(line.row.columns.id), line.row);
        else changes.push(line);
      }
      await writeTogether(this.#db, this.#writes(rows, changes));
      unlinkSync(path);
    }
  }
}

const insertProperty =
  'insert into "ledger_properties" ("user_id", "name", "value", "row") select ?, ?, ?, "row" from "ledger" where "id" = ? on conflict do nothing';

/** Every row is written with the same statement, whatever became of it. */
const insertRow = `insert into "ledger" (${rowColumns.map((name) => `"${name}"`).join(', ')}) values (${rowColumns.map(() => '?').join(', ')}) on conflict ("id") do nothing`;
