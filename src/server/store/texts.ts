import { createHash } from 'node:crypto';
import { CrosspointError } from '#protocol/errors.ts';
import type { Queries } from './database.ts';

/**
 * An answer, a file or a command's output stands in a message, in its events, in a call and in a review. The rows keep
 * short texts themselves; a long one is stored once for its thread, by its SHA-256, and the rows say where it belongs.
 */
export interface Packed {
  /** JSON text in which every long text is replaced by an empty one. */
  data: string;
  /** JSON text of `[path, id in table texts][]`; null when nothing was long. */
  texts: string | null;
}

type Path = (string | number)[];
type Reference = [path: Path, id: number];

/** Characters from which a copy costs more than a reference and its row. */
const longText = 400;

/** Stores the long texts of plain data. Call inside a transaction. */
export async function packTexts(db: Queries, threadId: string, value: unknown): Promise<Packed> {
  const long: [Path, string][] = [];
  collect(value, [], long);
  if (!long.length) return { data: JSON.stringify(value), texts: null };
  const references: Reference[] = [];
  for (const [path, text] of long) references.push([path, await textId(db, threadId, text)]);
  const data = JSON.stringify(value, (_key, entry: unknown) => (isLong(entry) ? '' : entry));
  return { data, texts: JSON.stringify(references) };
}

/** The values as they were packed, in the order of the rows. @throws `not_found` when their thread was deleted meanwhile */
export async function unpackTexts(db: Queries, rows: readonly Packed[]): Promise<unknown[]> {
  const references = rows.map(({ texts }) => (texts === null ? [] : (JSON.parse(texts) as Reference[])));
  const known = await readTexts(db, [...new Set(references.flat().map(([, id]) => id))]);
  return rows.map(({ data }, index) => {
    const value = JSON.parse(data) as unknown;
    for (const [path, id] of references[index] ?? []) {
      const text = known.get(id);
      if (text === undefined) throw new CrosspointError('not_found', { what: 'thread' });
      put(value, path, text);
    }
    return value;
  });
}

function collect(value: unknown, path: Path, found: [Path, string][]): void {
  if (isLong(value)) found.push([path, value]);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) value.forEach((entry, index) => collect(entry, [...path, index], found));
  else for (const [key, entry] of Object.entries(value)) collect(entry, [...path, key], found);
}

/** A lone surrogate or a NUL is kept in the JSON, where it is escaped: a database's text cannot hold it. */
function isLong(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length >= longText && value.isWellFormed() && !value.includes('\u0000')
  );
}

/** The places exist in the parsed value, so an assignment never reaches a prototype, whatever the keys are called. */
function put(value: unknown, path: Path, text: string): void {
  const last = path.at(-1) as string;
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], value);
  (parent as Record<string, unknown>)[last] = text;
}

async function textId(db: Queries, threadId: string, text: string): Promise<number> {
  const hash = createHash('sha256').update(text).digest('base64url');
  const known = await db
    .selectFrom('texts')
    .select('id')
    .where('thread_id', '=', threadId)
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (known) return known.id;
  const insert = db.insertInto('texts').values({ thread_id: threadId, hash, text }).returning('id');
  return (await insert.executeTakeFirstOrThrow()).id;
}

/** Texts asked for in one statement; lists are filled up to a power of two, so that few statements are prepared. */
const maxAsked = 512;

async function readTexts(db: Queries, ids: readonly number[]): Promise<Map<number, string>> {
  const known = new Map<number, string>();
  for (let from = 0; from < ids.length; from += maxAsked) {
    const asked = ids.slice(from, from + maxAsked);
    const size = 2 ** Math.ceil(Math.log2(asked.length));
    const filled = [...asked, ...Array<number>(size - asked.length).fill(asked[0] ?? 0)];
    const rows = await db.selectFrom('texts').select(['id', 'text']).where('id', 'in', filled).execute();
    for (const { id, text } of rows) known.set(id, text);
  }
  return known;
}
