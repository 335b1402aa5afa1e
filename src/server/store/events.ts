import { sql } from 'kysely';
import type { ThreadEvent } from '#protocol/events.ts';
import type { Queries } from './database.ts';
import { endsStream, isPiece, joinPieces, readEvents } from './event-pieces.ts';
import type { EventStore } from './store.ts';
import { packTexts } from './texts.ts';

/** Append inside a transaction: ids are last+1, last+2, … and must not be given twice. */
export function eventStore(db: Queries): EventStore {
  return {
    async append(threadId, events) {
      if (!events.length) return [];
      const [last, afterSeq] = [await lastId(db, threadId), await lastSeq(db, threadId)];
      const stored = events.map((event, index) => ({ id: last + index + 1, ...event }) as ThreadEvent);
      for (const event of stored) await insert(db, threadId, event, afterSeq);
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

async function insert(db: Queries, threadId: string, event: ThreadEvent, afterSeq: number): Promise<void> {
  const piece = isPiece(event);
  // A piece is joined with its neighbours soon: its text is stored then.
  const packed = piece
    ? { data: JSON.stringify(event.data), texts: null }
    : await packTexts(db, threadId, event.data);
  const row = { thread_id: threadId, id: event.id, type: event.type, after_seq: afterSeq };
  await db
    .insertInto('events')
    .values({ ...row, ...packed, streamed: Number(piece) })
    .execute();
}

async function lastId(db: Queries, threadId: string): Promise<number> {
  const row = await db
    .selectFrom('events')
    .select((expression) => expression.fn.max('id').as('id'))
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row?.id ?? 0;
}

async function lastSeq(db: Queries, threadId: string): Promise<number> {
  const row = await db
    .selectFrom('messages')
    .select((expression) => expression.fn.max('seq').as('seq'))
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row?.seq ?? 0;
}
