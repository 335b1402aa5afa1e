import { sql, type Selectable } from 'kysely';
import type { Message } from '#protocol/message.ts';
import { activePath } from './branches.ts';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { MessageStore } from './store.ts';
import { packTexts, unpackTexts, type Packed } from './texts.ts';

type Row = Selectable<Database['messages']>;

/** Append inside a transaction: a message takes the next `seq` of its thread. */
export function messageStore(db: Queries): MessageStore {
  return {
    async append(message) {
      const { threadId } = message;
      const packed = await packTexts(db, threadId, message.parts);
      const next = sql<number>`(select coalesce(max(seq), 0) + 1 from messages where thread_id = ${threadId})`;
      const branch = sql<number>`coalesce((select branch from threads where id = ${threadId}), 0)`;
      const { seq } = await db
        .insertInto('messages')
        .values({ ...toColumns(message, packed), seq: next, branch })
        .returning('seq')
        .executeTakeFirstOrThrow();
      return { ...message, seq };
    },
    async list(threadId, { afterSeq = 0, path } = {}) {
      const rows: Row[] = [];
      for (const { branch, throughSeq } of path ?? (await activePath(db, threadId))) {
        if (throughSeq <= afterSeq) continue;
        const ofBranch = db
          .selectFrom('messages')
          .selectAll()
          .where('thread_id', '=', threadId)
          .where('branch', '=', branch)
          .where('seq', '>', afterSeq)
          .where('seq', '<=', throughSeq);
        rows.push(...(await ofBranch.orderBy('seq').execute()));
      }
      const parts = await unpackTexts(
        db,
        rows.map((row) => ({ data: row.parts, texts: row.texts })),
      );
      return rows.map((row, index) => fromColumns(row, parts[index] as Message['parts']));
    },
    async place(threadId, messageId) {
      const row = await db
        .selectFrom('messages')
        .select(['branch', 'seq'])
        .where('id', '=', messageId)
        .where('thread_id', '=', threadId)
        .executeTakeFirst();
      return row ? { branch: row.branch, seq: row.seq } : null;
    },
  };
}

function toColumns(
  message: Omit<Message, 'seq'>,
  { data, texts }: Packed,
): Omit<Database['messages'], 'seq' | 'branch'> {
  return {
    thread_id: message.threadId,
    id: message.id,
    run_id: message.runId,
    role: message.role,
    parts: data,
    texts,
    provider: message.provider ?? null,
    model: message.model ?? null,
    wire: message.wire ?? null,
    status: message.status,
    created_at: message.createdAt,
  };
}

function fromColumns(row: Row, parts: Message['parts']): Message {
  return {
    id: row.id,
    threadId: row.thread_id,
    seq: row.seq,
    runId: row.run_id,
    role: row.role as Message['role'],
    parts,
    ...(row.provider ? { provider: row.provider } : {}),
    ...(row.model ? { model: row.model } : {}),
    ...(row.wire ? { wire: row.wire as NonNullable<Message['wire']> } : {}),
    status: row.status as Message['status'],
    createdAt: row.created_at,
  };
}
