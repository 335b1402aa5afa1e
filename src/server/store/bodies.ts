import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { KeptBodies } from '#protocol/requests.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { storageError } from './sqlite-error.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** Bounds of the file: what is older goes, and the oldest where there is more. */
export interface BodyBounds {
  days: number;
  bytes: number;
}

export const usualBounds: BodyBounds = { days: 30, bytes: 512 * 1024 ** 2 };

/** Requests and answers in the words that were sent, where somebody wished that they are kept. */
export interface BodyStore {
  keep(userId: string, requestId: string, bodies: KeptBodies): Promise<void>;
  read(userId: string, requestId: string): Promise<KeptBodies | null>;
  close(): void;
}

const schema = `create table if not exists bodies (
    user_id text not null, request_id text not null, created_ms integer not null, bytes integer not null,
    content blob not null, primary key (user_id, request_id));
  create index if not exists bodies_by_age on bodies (created_ms)`;

const compress = promisify(deflate);
const decompress = promisify(inflate);

/** A file of its own: it can be removed without losing anything else, and its size is nobody else's. */
export function openBodyStore(path: string, bounds = usualBounds, now: () => number = Date.now): BodyStore {
  const database = openSqliteFile(path, 'normal');
  database.exec(schema);
  const statements = {
    insert: database.prepare('insert or replace into bodies values (?, ?, ?, ?, ?)'),
    read: database.prepare('select content from bodies where user_id = ? and request_id = ?'),
    size: database.prepare('select coalesce(sum(bytes), 0) as bytes from bodies'),
    expire: database.prepare('delete from bodies where created_ms < ?'),
    oldest: database.prepare('select rowid as row, bytes from bodies order by created_ms limit 100'),
    remove: database.prepare('delete from bodies where rowid = ?'),
  };
  let size = 0;
  let expiredAtMs = 0;

  function makeRoom(): void {
    if (now() - expiredAtMs > dayMs / 24) {
      expiredAtMs = now();
      statements.expire.run(now() - bounds.days * dayMs);
      size = Number(statements.size.get()?.bytes);
    }
    while (size > bounds.bytes) {
      const rows = statements.oldest.all();
      if (!rows.length) return;
      for (const { row, bytes } of rows) {
        if (size <= bounds.bytes) break;
        statements.remove.run(Number(row));
        size -= Number(bytes);
      }
    }
  }

  makeRoom();
  return {
    async keep(userId, requestId, bodies) {
      const content = await compress(JSON.stringify(bodies));
      try {
        statements.insert.run(userId, requestId, now(), content.length, content);
        size += content.length;
        makeRoom();
      } catch (cause) {
        throw storageError(cause);
      }
    },
    async read(userId, requestId) {
      const row = statements.read.get(userId, requestId);
      if (!row) return null;
      return JSON.parse((await decompress(row.content as Uint8Array)).toString('utf8')) as KeptBodies;
    },
    close: () => database.close(),
  };
}
