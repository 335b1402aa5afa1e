import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import type { Queries } from './database.ts';
import type { EventStore } from './store.ts';

/** Append inside a transaction: ids are last+1, last+2, … and must not be given twice. */
export function eventStore(db: Queries): EventStore {
  const lastId = async (threadId: string) => {
    const row = await db
      .selectFrom('events')
      .select((expression) => expression.fn.max('id').as('id'))
      .where('thread_id', '=', threadId)
      .executeTakeFirst();
    return row?.id ?? 0;
  };
  return {
    async append(threadId, events) {
      if (!events.length) return [];
      const last = await lastId(threadId);
      const afterSeq = await lastSeq(db, threadId);
      const stored = events.map((event, index) => ({ id: last + index + 1, ...event }) as ThreadEvent);
      await db
        .insertInto('events')
        .values(stored.map((event) => toColumns(threadId, event, afterSeq)))
        .execute();
      return stored;
    },
    async list(threadId, afterId, limit = 1_000) {
      const rows = await db
        .selectFrom('events')
        .select(['id', 'type', 'data'])
        .where('thread_id', '=', threadId)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(fromColumns);
    },
    lastId,
    async listOfTypes(threadId, types) {
      const rows = await db
        .selectFrom('events')
        .select(['id', 'type', 'data', 'after_seq'])
        .where('thread_id', '=', threadId)
        .where('type', 'in', types)
        .orderBy('id')
        .execute();
      return rows.map((row) => ({ event: fromColumns(row), afterSeq: row.after_seq }));
    },
  };
}

async function lastSeq(db: Queries, threadId: string): Promise<number> {
  const row = await db
    .selectFrom('messages')
    .select((expression) => expression.fn.max('seq').as('seq'))
    .where('thread_id', '=', threadId)
    .executeTakeFirst();
  return row?.seq ?? 0;
}

function toColumns(threadId: string, event: ThreadEvent, afterSeq: number) {
  return {
    thread_id: threadId,
    id: event.id,
    type: event.type,
    data: JSON.stringify(event.data),
    after_seq: afterSeq,
  };
}

function fromColumns(row: { id: number; type: string; data: string }): ThreadEvent {
  return { id: row.id, type: row.type, data: JSON.parse(row.data) } as ThreadEvent;
}
