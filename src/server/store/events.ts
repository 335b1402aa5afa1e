import { sql } from 'kysely';
import type { ThreadEvent } from '#protocol/events.ts';
import { isOnPath } from './branch-path.ts';
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
      const { last, ...place } = await ends(db, threadId);
      const stored = events.map((event, index) => ({ id: last + index + 1, ...event }) as ThreadEvent);
      const rows: Database['events'][] = [];
      for (const event of stored) rows.push(await toRow(db, threadId, event, place));
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
        .select(['id', 'type', 'data', 'texts', 'streamed', 'branch', 'after_seq'])
        .where('thread_id', '=', threadId)
        .where('type', 'in', types)
        .where(sql<boolean>`streamed = 0`)
        .orderBy('id', 'desc');
      if (options.newest !== undefined) query = query.limit(options.newest);
      const { path } = options;
      const all = (await query.execute()).reverse();
      const rows = path
        ? all.filter(({ branch, after_seq: afterSeq }) => isOnPath(path, { branch, afterSeq }))
        : all;
      const events = await readEvents(db, rows);
      return events.map((event, index) => {
        const { branch = 0, after_seq: afterSeq = 0 } = rows[index] ?? {};
        return { event, branch, afterSeq };
      });
    },
  };
}

async function toRow(
  db: Queries,
  threadId: string,
  event: ThreadEvent,
  { branch, afterSeq }: { branch: number; afterSeq: number },
): Promise<Database['events']> {
  const piece = isPiece(event);
  // A piece is joined with its neighbours soon: its text is stored then.
  const packed = piece
    ? { data: JSON.stringify(event.data), texts: null }
    : await packTexts(db, threadId, event.data);
  const row = { thread_id: threadId, id: event.id, type: event.type, branch, after_seq: afterSeq };
  return { ...row, ...packed, streamed: Number(piece) };
}

/** The thread's last event, and the last message of its active branch, in one statement: every commit asks for them. */
async function ends(
  db: Queries,
  threadId: string,
): Promise<{ last: number; branch: number; afterSeq: number }> {
  const active = sql`coalesce((select branch from threads where id = ${threadId}), 0)`;
  const { rows } = await sql<{ last: number; branch: number; after_seq: number }>`select
    coalesce((select max(id) from events where thread_id = ${threadId}), 0) as last,
    ${active} as branch,
    coalesce((select max(seq) from messages where thread_id = ${threadId} and branch = ${active}),
      (select after_seq from branches where thread_id = ${threadId} and id = ${active}), 0) as after_seq`.execute(
    db,
  );
  const { last = 0, branch = 0, after_seq: afterSeq = 0 } = rows[0] ?? {};
  return { last, branch, afterSeq };
}

async function lastId(db: Queries, threadId: string): Promise<number> {
  const row = await db
    .selectFrom('events')
    .select((expression) => expression.fn.max('id').as('id'))
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row?.id ?? 0;
}
