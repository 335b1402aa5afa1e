import { sql } from 'kysely';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import { endsStream, isPiece, joinPieces, readEvents } from './event-pieces.ts';
import type { EventStore } from './store.ts';
import { packTexts } from './texts.ts';

/** Append inside a transaction: ids are last+1, last+2, … and must not be given twice. */
export function eventStore(db: Queries): EventStore {
  return {
    async append(threadId, events) {
      if (!events.length) return [];
      const { last, afterSeq } = await ends(db, threadId);
      const stored = events.map((event, index) => ({ id: last + index + 1, ...event }) as ThreadEvent);
      const rows: Database['events'][] = [];
      for (const event of stored) rows.push(await toRow(db, threadId, event, afterSeq));
      await db.insertInto('events').values(rows).execute();
      if (events.some(endsStream)) await joinPieces(db, threadId);
      return stored;
    },
    async list(threadId, afterId, limit = 1_000) {
      const rows = await db
        .selectFrom('events')
        .select(['id', 'type', 'data', 'texts', 'streamed'])
        .where('thread_id', '=', threadId)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .execute();
      const events = await readEvents(db, rows);
      return events.filter((event) => event.id > afterId).slice(0, limit);
    },
    lastId: (threadId) => lastId(db, threadId),
    async listOfTypes(threadId, types, options = {}) {
      let query = db
        .selectFrom('events')
        .select(['id', 'type', 'data', 'texts', 'streamed', 'after_seq'])
        .where('thread_id', '=', threadId)
        .where('type', 'in', types)
        .where(sql<boolean>`streamed = 0`)
        .orderBy('id', 'desc');
      if (options.newest !== undefined) query = query.limit(options.newest);
      const rows = (await query.execute()).reverse();
      const events = await readEvents(db, rows);
      return events.map((event, index) => ({ event, afterSeq: rows[index]?.after_seq ?? 0 }));
    },
  };
}

async function toRow(
  db: Queries,
  threadId: string,
  event: ThreadEvent,
  afterSeq: number,
): Promise<Database['events']> {
  const piece = isPiece(event);
  // A piece is joined with its neighbours soon: its text is stored then.
  const packed = piece
    ? { data: JSON.stringify(event.data), texts: null }
    : await packTexts(db, threadId, event.data);
  const row = { thread_id: threadId, id: event.id, type: event.type, after_seq: afterSeq };
  return { ...row, ...packed, streamed: Number(piece) };
}

/** The thread's last event and last message, in one statement: every commit asks for them. */
async function ends(db: Queries, threadId: string): Promise<{ last: number; afterSeq: number }> {
  const { rows } = await sql<{ last: number | null; after_seq: number | null }>`select
    (select max(id) from events where thread_id = ${threadId}) as last,
    (select max(seq) from messages where thread_id = ${threadId}) as after_seq`.execute(db);
  return { last: rows[0]?.last ?? 0, afterSeq: rows[0]?.after_seq ?? 0 };
}

async function lastId(db: Queries, threadId: string): Promise<number> {
  const row = await db
    .selectFrom('events')
    .select((expression) => expression.fn.max('id').as('id'))
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row?.id ?? 0;
}
