import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import type { Queries } from './database.ts';
import { sql } from 'kysely';
import { packTexts, unpackTexts, type Packed } from './texts.ts';

/**
 * The pieces of a stream are sent one by one and stored the same way, so that a crash loses none. When their stream is
 * over, neighbours become one row under the id of the last: the whole text, most often a reference to that of the message,
 * and the length of each piece. Reading gives the very events back, so a reader may continue after any of them.
 */
const streamedTypes = new Set<string>(['message.delta', 'reasoning.delta', 'tool.output']);

/** After these nothing follows in the streams before them. */
const endings = new Set<string>(['model.finished', 'tool.finished', 'run.finished']);

type Piece = Extract<ThreadEvent, { type: 'message.delta' | 'reasoning.delta' | 'tool.output' }>;

interface EventRow extends Packed {
  id: number;
  type: string;
  streamed: number;
}

interface Joined {
  /** The data that all pieces share, with the text of all. */
  data: Piece['data'];
  /** UTF-16 units of each piece's text. */
  lengths: number[];
}

export function isPiece(event: NewEvent): boolean {
  return streamedTypes.has(event.type);
}

export function endsStream(event: NewEvent): boolean {
  return endings.has(event.type);
}

/**
 * Joins the pieces that are not joined yet. Call inside a transaction. Where they begin is asked first: that the index of
 * unjoined pieces answers alone, while for whole rows SQLite would walk through the thread's events.
 */
export async function joinPieces(db: Queries, threadId: string): Promise<void> {
  const oldest = await db
    .selectFrom('events')
    .select((expression) => expression.fn.min('id').as('id'))
    .where('thread_id', '=', threadId)
    .where(sql<boolean>`streamed = 1`)
    .executeTakeFirst();
  if (oldest?.id == null) return;
  const rows = await db
    .selectFrom('events')
    .select(['id', 'type', 'data', 'texts', 'streamed'])
    .where('thread_id', '=', threadId)
    .where('id', '>=', oldest.id)
    .where(sql<boolean>`streamed = 1`)
    .orderBy('id')
    .execute();
  const pieces = (await readEvents(db, rows)) as Piece[];
  for (const neighbours of groupNeighbours(pieces)) await joinRow(db, threadId, neighbours);
}

/** Events of stored rows: a row of joined pieces gives all of its pieces. */
export async function readEvents(db: Queries, rows: readonly EventRow[]): Promise<ThreadEvent[]> {
  const values = await unpackTexts(db, rows);
  return rows.flatMap(({ id, type, streamed }, index) =>
    streamed === 2
      ? split(id, type, values[index] as Joined)
      : [{ id, type, data: values[index] } as ThreadEvent],
  );
}

function split(lastId: number, type: string, { data, lengths }: Joined): ThreadEvent[] {
  let at = 0;
  return lengths.map((length, index) => {
    const text = data.text.slice(at, (at += length));
    return { id: lastId - lengths.length + 1 + index, type, data: { ...data, text } } as ThreadEvent;
  });
}

function groupNeighbours(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (last && last.id + 1 === piece.id && streamOf(last) === streamOf(piece)) group?.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

/** Equal for pieces that differ in their text alone. */
function streamOf({ type, data }: Piece): string {
  return JSON.stringify([type, { ...data, text: '' }]);
}

async function joinRow(db: Queries, threadId: string, pieces: readonly Piece[]): Promise<void> {
  const [first, last] = [pieces.at(0), pieces.at(-1)];
  if (!first || !last) return;
  const text = pieces.map(({ data }) => data.text).join('');
  const joined: Joined = {
    data: { ...first.data, text },
    lengths: pieces.map(({ data }) => data.text.length),
  };
  const packed = await packTexts(db, threadId, joined);
  const rows = () => db.deleteFrom('events').where('thread_id', '=', threadId);
  if (pieces.length > 1) await rows().where('id', '>=', first.id).where('id', '<', last.id).execute();
  await db
    .updateTable('events')
    .set({ ...packed, streamed: 2 })
    .where('thread_id', '=', threadId)
    .where('id', '=', last.id)
    .execute();
}
