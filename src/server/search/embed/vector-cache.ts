import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Vectors that are kept, of all models; the oldest go first. At 512 dimensions about 1 KB each. */
const mostVectors = 300_000;
/** Looked after every so many writes. */
const sweepEvery = 1_000;

/**
 * Vectors by model and text, over restarts: what was embedded once, for whichever workspace or store, is never paid for
 * again. Half precision: what is lost is far below what two models differ by.
 */
export class VectorCache {
  readonly #db: DatabaseSync;
  #written = 0;

  /** @param path of its own file in the data directory; ':memory:' for tests */
  constructor(path: string) {
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS vector (key BLOB PRIMARY KEY, model TEXT NOT NULL, value BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS space (model TEXT PRIMARY KEY, dimensions INTEGER NOT NULL) WITHOUT ROWID;
    `);
    if (path !== ':memory:') chmodSync(path, 0o600);
  }

  /** As the model last gave them; null: never asked. */
  dimensions(model: string): number | null {
    const row = this.#db.prepare('SELECT dimensions FROM space WHERE model = ?').get(model);
    return (row?.dimensions as number | undefined) ?? null;
  }

  /** Vectors of the model that are of another length are useless from now on. */
  setDimensions(model: string, dimensions: number): void {
    this.#db.prepare('DELETE FROM vector WHERE model = ?').run(model);
    this.#db.prepare('INSERT OR REPLACE INTO space VALUES (?, ?)').run(model, dimensions);
  }

  get(model: string, text: string): number[] | null {
    const row = this.#db.prepare('SELECT value FROM vector WHERE key = ?').get(keyOf(model, text));
    if (!row) return null;
    const { buffer, byteOffset, byteLength } = row.value as Uint8Array;
    return Array.from(new Float16Array(buffer.slice(byteOffset, byteOffset + byteLength)));
  }

  put(model: string, texts: readonly string[], vectors: readonly (readonly number[])[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO vector VALUES (?, ?, ?)');
    this.#db.exec('BEGIN');
    try {
      for (const [position, text] of texts.entries()) {
        const value = Float16Array.from(vectors[position] as number[]);
        insert.run(keyOf(model, text), model, new Uint8Array(value.buffer));
      }
      this.#db.exec('COMMIT');
    } catch (cause) {
      this.#db.exec('ROLLBACK');
      throw cause;
    }
    this.#written += texts.length;
    if (this.#written >= sweepEvery) this.#sweep();
  }

  close(): void {
    this.#db.close();
  }

  #sweep(): void {
    this.#written = 0;
    this.#db
      .prepare('DELETE FROM vector WHERE rowid <= (SELECT max(rowid) FROM vector) - ?')
      .run(mostVectors);
  }
}

function keyOf(model: string, text: string): Uint8Array {
  return createHash('sha256').update(JSON.stringify(model)).update(text).digest();
}
