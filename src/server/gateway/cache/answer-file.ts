import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { discardSqliteFile, openSqliteFile } from '#server/store/sqlite-file.ts';
import { sqliteTransaction } from '#server/store/sqlite-transaction.ts';
import type { CachedAnswer } from '../v1/types.ts';
import type { KeptAnswer } from './memory-answers.ts';
import type { CacheSettings } from './settings.ts';

/** The order of use is a counter, not a time: two uses in one millisecond have an order too. */
const schema = `
  create table if not exists answers (
    slot text primary key, user_id text not null, status integer not null, content_type text not null, usage text not null,
    bytes integer not null, expires_ms integer not null, used integer not null, body blob not null);
  create index if not exists answers_by_use on answers (used, bytes);
  create index if not exists answers_by_end on answers (expires_ms);
  create index if not exists answers_by_user on answers (user_id);`;

/** What a row takes beside its body, roughly. */
const rowBytes = 512;
/** Uses that are noted together: a hit writes nothing. */
const mostNoted = 200;
/** What has ended is not given out anyway; deleting thousands at once would hold everybody up. */
const mostSwept = 1_000;

interface AnswerRow {
  user_id: string;
  status: number;
  content_type: string;
  usage: string;
  body: Uint8Array;
  bytes: number;
  expires_ms: number;
}

/** Kept answers in a SQLite file, bounded in bytes and entries; the least recently used ones go first. */
export class AnswerFile {
  readonly #database: DatabaseSync;
  readonly #bounds: () => CacheSettings;
  readonly #statements = new Map<string, StatementSync>();
  /** Slots that were used since the last write, oldest use first. */
  readonly #used = new Set<string>();
  #bytes = 0;
  #entries = 0;
  #uses = 0;

  constructor(database: DatabaseSync, bounds: () => CacheSettings) {
    this.#database = database;
    this.#bounds = bounds;
    database.exec(schema);
    this.#recount();
    this.#uses = Number(this.#sql('select coalesce(max(used), 0) as last from answers').get()?.last);
  }

  get(slot: string, now: number): KeptAnswer<CachedAnswer> | null {
    const row = this.#sql('select * from answers where slot = ? and expires_ms > ?').get(slot, now);
    return row ? fromRow(row as unknown as AnswerRow) : null;
  }

  /** When the answer of a slot ends; 0 when it has none. */
  expiresAt(slot: string): number {
    return Number(this.#sql('select expires_ms from answers where slot = ?').get(slot)?.expires_ms ?? 0);
  }

  /** Notes that an answer was given out. */
  touch(slot: string): void {
    this.#used.delete(slot);
    this.#used.add(slot);
    if (this.#used.size >= mostNoted) this.#transaction(() => undefined);
  }

  /** Larger ones than fit are not kept. */
  put(slot: string, { answer, userId, expiresAt }: KeptAnswer<CachedAnswer>): void {
    const bytes = answer.body.byteLength + rowBytes;
    if (bytes > this.#bounds().maxBytes) return;
    this.#used.delete(slot);
    this.#transaction(() => {
      this.#remove('slot = ?', slot);
      const { status, contentType, usage } = answer;
      const columns = [
        status,
        contentType,
        JSON.stringify(usage),
        bytes,
        expiresAt,
        ++this.#uses,
        answer.body,
      ];
      this.#sql('insert into answers values (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(slot, userId, ...columns);
      this.#bytes += bytes;
      this.#entries += 1;
      this.#shrink();
    });
  }

  deleteOf(userId: string): void {
    this.#transaction(() => this.#remove('user_id = ?', userId));
  }

  /** Takes out what has ended, and what is too much since the bounds were made narrower. */
  sweep(now: number): void {
    this.#transaction(() => {
      this.#remove(`slot in (select slot from answers where expires_ms <= ? limit ${mostSwept})`, now);
      this.#shrink();
    });
  }

  size(): { bytes: number; entries: number } {
    return { bytes: this.#bytes, entries: this.#entries };
  }

  /** What was used is written first: another order would be kept than the one that it was used in. */
  close(): void {
    try {
      if (this.#used.size > 0) this.#transaction(() => undefined);
    } finally {
      this.#database.close();
    }
  }

  #remove(where: string, value: SQLInputValue): void {
    const rows = this.#sql(`delete from answers where ${where} returning bytes`).all(value);
    for (const { bytes } of rows) this.#bytes -= Number(bytes);
    this.#entries -= rows.length;
  }

  #shrink(): void {
    const { maxBytes, maxEntries } = this.#bounds();
    while (this.#entries > 0 && (this.#bytes > maxBytes || this.#entries > maxEntries)) {
      const oldest = this.#sql('select used from answers order by used limit 1').get();
      if (!oldest) return;
      this.#remove('used = ?', Number(oldest.used));
    }
  }

  /** With what was used since the last one. After a failure the sizes are counted anew. */
  #transaction(work: () => void): void {
    try {
      sqliteTransaction(this.#database, () => {
        for (const slot of this.#used)
          this.#sql('update answers set used = ? where slot = ?').run(++this.#uses, slot);
        work();
      });
      this.#used.clear();
    } catch (cause) {
      this.#recount();
      throw cause;
    }
  }

  #recount(): void {
    const row = this.#sql('select count(*) as entries, coalesce(sum(bytes), 0) as bytes from answers').get();
    [this.#entries, this.#bytes] = [Number(row?.entries), Number(row?.bytes)];
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function fromRow(row: AnswerRow): KeptAnswer<CachedAnswer> {
  const { buffer, byteOffset, byteLength } = row.body;
  const answer: CachedAnswer = {
    status: row.status,
    contentType: row.content_type,
    usage: JSON.parse(row.usage) as CachedAnswer['usage'],
    body: Buffer.from(buffer, byteOffset, byteLength),
  };
  return { answer, bytes: row.bytes, userId: row.user_id, expiresAt: row.expires_ms };
}

/** Opens the file. A damaged one is thrown away with all copies: everything in it can be had again. */
export function openAnswerFile(path: string, bounds: () => CacheSettings): AnswerFile {
  try {
    return new AnswerFile(openSqliteFile(path, 'normal'), bounds);
  } catch (cause) {
    if (path === ':memory:') throw cause;
    discardSqliteFile(path);
    return new AnswerFile(openSqliteFile(path, 'normal'), bounds);
  }
}
