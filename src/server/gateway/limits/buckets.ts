import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { sqliteTransaction } from '#server/store/sqlite-transaction.ts';
import type { LimitClock } from './limit-clock.ts';
import {
  add,
  fullBucket,
  refresh,
  take,
  type Bucket,
  type Demand,
  type Rate,
  type Verdict,
} from './token-bucket.ts';

const schema = `
  create table if not exists buckets (
    name text primary key, text text not null, quota real not null, window_ms integer not null, level real not null,
    at_ms integer not null) without rowid;`;

/** Milliseconds until a change is in the file. A process that is killed gives back what was taken in this time, no more. */
const flushAfterMs = 50;
const idleMs = 86_400_000;

interface BucketRow {
  text: string;
  quota: number;
  window_ms: number;
  level: number;
  at_ms: number;
}

/** Token buckets in memory, written behind to a SQLite file: a restart gives nobody a full one. */
export class Buckets {
  readonly #database: DatabaseSync;
  readonly #clock: LimitClock;
  readonly #maxOpen: number;
  /** Least recently used first. */
  readonly #open = new Map<string, Bucket>();
  readonly #changed = new Set<string>();
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #onFailure: (cause: unknown) => void;
  #flushing: (() => void) | null = null;
  #failed = false;

  constructor(
    database: DatabaseSync,
    clock: LimitClock,
    onFailure: (cause: unknown) => void,
    maxOpen = 10_000,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#maxOpen = maxOpen;
    this.#onFailure = onFailure;
    database.exec(schema);
    this.#select = database.prepare('select * from buckets where name = ?');
    this.#upsert = database.prepare('insert or replace into buckets values (?, ?, ?, ?, ?, ?)');
  }

  take(name: string, rate: Rate, demand: Demand): Verdict {
    if (this.#failed) this.flush();
    const verdict = take(this.#bucket(name, rate), demand);
    this.#note(name);
    return verdict;
  }

  add(name: string, rate: Rate, amount: number): void {
    add(this.#bucket(name, rate), amount);
    this.#note(name);
  }

  /** Writes what has changed. @throws what SQLite throws; the changes are kept for the next time */
  flush(): void {
    this.#flushing?.();
    this.#flushing = null;
    if (!this.#changed.size) return;
    this.#failed = true;
    sqliteTransaction(this.#database, () => {
      for (const name of this.#changed) this.#write(name);
    });
    this.#changed.clear();
    this.#failed = false;
  }

  /** Forgets buckets that nobody has used for a day and that are full again: a new one would be the same. */
  sweep(): void {
    this.flush();
    const now = this.#clock.wall();
    this.#database
      .prepare(
        'delete from buckets where at_ms < ? and level + (? - at_ms) * quota >= quota * window_ms and at_ms + window_ms < ?',
      )
      .run(now - idleMs, now, now);
  }

  /** The bucket up to now; the most recently used one from here on. */
  #bucket(name: string, rate: Rate): Bucket {
    const now = this.#clock.steady();
    const bucket = this.#open.get(name) ?? this.#load(name, now) ?? fullBucket(rate, now);
    refresh(bucket, rate, now);
    this.#open.delete(name);
    this.#open.set(name, bucket);
    if (this.#open.size > this.#maxOpen) this.#evict();
    return bucket;
  }

  /** A clock that was set back in between refills nothing. */
  #load(name: string, now: number): Bucket | null {
    const row = this.#select.get(name) as BucketRow | undefined;
    if (!row) return null;
    const { text, quota, window_ms: windowMs, level, at_ms: atMs } = row;
    return { rate: { text, quota, windowMs }, level, at: now - Math.max(0, this.#clock.wall() - atMs) };
  }

  #evict(): void {
    this.flush();
    let excess = Math.ceil(this.#maxOpen / 10);
    for (const name of this.#open.keys()) {
      if (excess-- <= 0) return;
      this.#open.delete(name);
    }
  }

  #note(name: string): void {
    this.#changed.add(name);
    this.#flushing ??= this.#clock.after(flushAfterMs, () => this.#flushLater());
  }

  #flushLater(): void {
    this.#flushing = null;
    try {
      this.flush();
    } catch (cause) {
      this.#onFailure(cause);
    }
  }

  #write(name: string): void {
    const bucket = this.#open.get(name);
    if (!bucket) return;
    const { rate, level, at } = bucket;
    const atMs = this.#clock.wall() - (this.#clock.steady() - at);
    this.#upsert.run(name, rate.text, rate.quota, rate.windowMs, level, Math.round(atMs));
  }
}
