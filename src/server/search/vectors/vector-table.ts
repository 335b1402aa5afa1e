import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Rows that are read at a time. */
const slice = 512;
const mostOfByte = 127;

/** One chunk that is near, by the cosine of the angle between the vectors. */
export interface Neighbour {
  chunk: number;
  score: number;
}

/**
 * Vectors of chunks in the embedded store's own file, a byte for each number. Every query looks at all of them: 20,000 of
 * 512 numbers take about 40 ms, so it belongs into a worker, and above 50,000 chunks Qdrant is the better place.
 */
export class VectorTable {
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #page: StatementSync;

  /** Makes its table where it is missing. Writes are part of the transaction that is open. */
  constructor(db: DatabaseSync) {
    db.exec('CREATE TABLE IF NOT EXISTS vector (chunk INTEGER PRIMARY KEY, value BLOB NOT NULL)');
    this.#insert = db.prepare('INSERT OR REPLACE INTO vector VALUES (?, ?)');
    this.#remove = db.prepare('DELETE FROM vector WHERE chunk = ?');
    this.#page = db.prepare('SELECT chunk, value FROM vector WHERE chunk > ? ORDER BY chunk LIMIT ?');
  }

  /** @param vector of any length, but a query finds only those of its own */
  put(chunk: number, vector: readonly number[]): void {
    const bytes = quantized(vector);
    this.#insert.run(chunk, new Uint8Array(bytes.buffer));
  }

  remove(chunk: number): void {
    this.#remove.run(chunk);
  }

  /** Best first. */
  nearest(vector: readonly number[], limit: number): Neighbour[] {
    const query = quantized(vector);
    const length = lengthOf(query);
    const best: Neighbour[] = [];
    for (let last = -1; ;) {
      const rows = this.#page.all(last, slice);
      for (const row of rows) {
        last = row.chunk as number;
        const value = row.value as Uint8Array;
        if (value.length !== query.length) continue;
        const other = new Int8Array(value.buffer, value.byteOffset, value.length);
        const score = product(query, other) / (length * lengthOf(other) || 1);
        insertInto(best, { chunk: last, score }, limit);
      }
      if (rows.length < slice) return best;
    }
  }
}

/** Its largest number becomes 127: the direction is kept, which is all that a cosine looks at. */
function quantized(vector: readonly number[]): Int8Array<ArrayBuffer> {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  return Int8Array.from(vector, (value) => Math.round((value / (largest || 1)) * mostOfByte));
}

function product(one: Int8Array, other: Int8Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}

function lengthOf(vector: Int8Array): number {
  return Math.sqrt(product(vector, vector));
}

/** Keeps the list in order, and no longer than it may be. */
function insertInto(best: Neighbour[], found: Neighbour, limit: number): void {
  if (best.length === limit && found.score <= (best[limit - 1]?.score ?? 0)) return;
  let [low, high] = [0, best.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((best[middle] as Neighbour).score >= found.score) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, found);
  if (best.length > limit) best.pop();
}
