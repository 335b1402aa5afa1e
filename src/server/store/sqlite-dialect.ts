import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely';
import { CrosspointError } from '#protocol/errors.ts';
import { isBusy, isDamaged, storageError } from './sqlite-error.ts';

/** Milliseconds that a statement waits for another process; then `store_busy`. */
const defaultWaitMs = 5_000;

/**
 * Kysely over Node's own SQLite: one connection, one writer, transactions that take the write lock at once.
 * A deferred transaction that turns into a writer fails with BUSY_SNAPSHOT whatever the timeout says, hence IMMEDIATE.
 */
export function nodeSqliteDialect(database: DatabaseSync, waitMs = defaultWaitMs): Dialect {
  // SQLite's own wait blocks the process and everybody's streams with it; ours lets them go on.
  database.exec('pragma busy_timeout = 0');
  return {
    createAdapter: () => new OneConnectionAdapter(),
    createDriver: () => new NodeSqliteDriver(database, waitMs),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class OneConnectionAdapter extends SqliteAdapter {
  /** Kysely's own queue for the one connection has no end to its waiting; the driver's below has. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** It does (https://sqlite.org/lang_transaction.html): two processes that migrate at once take turns. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: NodeSqliteConnection;
  readonly #waitMs: number;
  readonly #waiting: ((connection: DatabaseConnection) => void)[] = [];
  #taken = false;

  constructor(database: DatabaseSync, waitMs: number) {
    this.#database = database;
    this.#waitMs = waitMs;
    this.#connection = new NodeSqliteConnection(database, waitMs);
  }

  async init(): Promise<void> {}

  /**
   * Callers take turns: a transaction holds the only connection until it ends. Work inside a transaction that asks the
   * store outside of it would wait for itself for ever; it gets `store_busy` instead and is rolled back.
   */
  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#taken) return this.#wait();
    this.#taken = true;
    return this.#connection;
  }

  #wait(): Promise<DatabaseConnection> {
    return new Promise((resolve, reject) => {
      const turn = (connection: DatabaseConnection) => {
        clearTimeout(timer);
        resolve(connection);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(new CrosspointError('store_busy'));
      }, 2 * this.#waitMs);
      this.#waiting.push(turn);
    });
  }

  async releaseConnection(): Promise<void> {
    const next = this.#waiting.shift();
    if (next) next(this.#connection);
    else this.#taken = false;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(beginImmediate);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(commit);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk or a corrupt page has already rolled back.
    if (this.#database.isTransaction) await connection.executeQuery(rollback);
  }

  async destroy(): Promise<void> {
    this.#database.close();
  }
}

const beginImmediate = CompiledQuery.raw('begin immediate');
const commit = CompiledQuery.raw('commit');
const rollback = CompiledQuery.raw('rollback');

/** Statements are compiled once: the agent's loop sends the same few dozen over and over. */
const maxPrepared = 300;

interface Prepared {
  statement: StatementSync;
  reads: boolean;
}

/** A statement with its values. */
export type Write = Pick<CompiledQuery, 'sql' | 'parameters'>;

/**
 * Writes several statements as one, in one turn of the process. They are safe from the end of the process, and from a
 * power failure with the next ordinary commit: waiting for the disk would cost more than the rest of a request.
 * @throws with nothing written
 */
export function writeTogether<Tables>(db: Kysely<Tables>, writes: readonly Write[]): Promise<void> {
  return db.getExecutor().provideConnection(async (connection) => {
    if (!(connection instanceof NodeSqliteConnection)) throw new Error('This database is not SQLite.');
    await connection.writeTogether(writes);
  });
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #waitMs: number;
  readonly #prepared = new Map<string, Prepared>();
  #damage: unknown = null;

  constructor(database: DatabaseSync, waitMs: number) {
    this.#database = database;
    this.#waitMs = waitMs;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    for (const started = performance.now(); ; await sleep(10)) {
      try {
        return this.#run(query);
      } catch (cause) {
        if (isDamaged(cause)) this.#damage = cause;
        if (!isBusy(cause) || performance.now() - started > this.#waitMs) throw storageError(cause);
      }
    }
  }

  async writeTogether(writes: readonly Write[]): Promise<void> {
    this.#database.exec('pragma synchronous = normal');
    try {
      await this.executeQuery(beginImmediate);
      for (const write of writes) this.#run(write);
      this.#run(commit);
    } catch (cause) {
      if (this.#database.isTransaction) this.#run(rollback);
      throw storageError(cause);
    } finally {
      this.#database.exec('pragma synchronous = full');
    }
  }

  /** Part of Kysely's interface; no caller of ours streams. */
  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streaming is not supported: read in pages.');
  }

  /** After damage was met nothing is written any more; what can still be read is. */
  #run<Row>({ sql, parameters }: Write): QueryResult<Row> {
    const { statement, reads } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (reads) return { rows: statement.all(...values) as Row[] };
    if (this.#damage && sql !== 'rollback') throw this.#damage;
    const { changes, lastInsertRowid } = statement.run(...values);
    return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    const entry = { statement, reads: statement.columns().length > 0 };
    if (this.#prepared.size >= maxPrepared) this.#prepared.clear();
    this.#prepared.set(sql, entry);
    return entry;
  }
}
