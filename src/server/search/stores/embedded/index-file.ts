import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fieldWeights } from '../../terms/fields.ts';

/**
 * Counts up with every change of the tables, of how files are cut and of how words are split: an index of another version is
 * thrown away and filled again.
 */
const schemaVersion = 3;

/** Milliseconds; another process of this installation may write just now. */
const busyTimeoutMs = 5_000;
/** Kibibytes of pages in memory, for each open workspace. */
const cacheKib = 8_192;

const tables = `
  create table file (id integer primary key, path text not null unique, hash text not null, space text not null);
  create table chunk (
    id integer primary key, file integer not null references file (id),
    language text, kind text not null, symbol text not null, parent text not null, signature text not null,
    start_line integer not null, end_line integer not null, terms text not null
  );
  create index chunk_of_file on chunk (file);
  create virtual table words using fts5(
    ${Object.keys(fieldWeights).join(', ')}, content = '', contentless_delete = 1, tokenize = 'ascii'
  );
  create virtual table vocabulary using fts5vocab(words, 'row');
  insert into words (words, rank) values ('rank', 'bm25(${Object.values(fieldWeights).join(', ')})');
`;

/**
 * Opens the index of one workspace, a SQLite file of its own. It holds nothing that cannot be made again, so one that is
 * damaged, or of another version, is replaced by an empty one.
 */
export function openIndexFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return opened(path);
  } catch {
    removeIndexFile(path);
    return opened(path);
  }
}

export function removeIndexFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(path + suffix)) rmSync(path + suffix, { force: true });
}

function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    // Before its WAL is there, which gets the same mode.
    chmodSync(path, 0o600);
    // After power loss the file is whole but may be a moment old; the indexer compares it with the files anyway.
    database.exec(`pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -${cacheKib}`);
    const { user_version: version } = database.prepare('pragma user_version').get() as {
      user_version: number;
    };
    if (version !== schemaVersion && version !== 0) throw new Error(`The index has version ${version}.`);
    if (version === 0) database.exec(`begin; ${tables} pragma user_version = ${schemaVersion}; commit`);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}
