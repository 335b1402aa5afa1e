import { sql, type Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { CompactionRow, CompactionStore } from './store.ts';

/** Append inside a transaction: a row takes the next position of its thread. */
export function compactionStore(db: Queries): CompactionStore {
  return {
    async append(row) {
      const { threadId } = row;
      const position = sql<number>`(select coalesce(max(position), 0) + 1 from compactions where thread_id = ${threadId})`;
      await db
        .insertInto('compactions')
        .values({ ...toColumns(row), position })
        .execute();
    },
    async list(threadId) {
      const rows = await db
        .selectFrom('compactions')
        .selectAll()
        .where('thread_id', '=', threadId)
        .where('removed_at', 'is', null)
        .orderBy('position')
        .execute();
      return rows.map(fromColumns);
    },
    async remove(threadId, id, removedAt) {
      const result = await db
        .updateTable('compactions')
        .set({ removed_at: removedAt })
        .where('thread_id', '=', threadId)
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
  };
}

function toColumns(row: CompactionRow): Omit<Database['compactions'], 'position'> {
  return {
    thread_id: row.threadId,
    id: row.id,
    branch: row.branchId,
    through_seq: row.throughSeq,
    method: row.method,
    scope: row.scope,
    by: row.by,
    written_by: row.writtenBy,
    for_model: row.forModel,
    limits: row.limits && JSON.stringify(row.limits),
    text: row.text,
    tokens_before: row.tokensBefore,
    tokens_after: row.tokensAfter,
    cost_usd: row.costUsd,
    created_at: row.createdAt,
    removed_at: null,
  };
}

function fromColumns(row: Selectable<Database['compactions']>): CompactionRow {
  return {
    id: row.id,
    threadId: row.thread_id,
    branchId: row.branch,
    throughSeq: row.through_seq,
    method: row.method as CompactionRow['method'],
    scope: row.scope as CompactionRow['scope'],
    by: row.by as CompactionRow['by'],
    writtenBy: row.written_by,
    forModel: row.for_model,
    limits: row.limits === null ? null : (JSON.parse(row.limits) as CompactionRow['limits']),
    text: row.text,
    tokensBefore: row.tokens_before,
    tokensAfter: row.tokens_after,
    costUsd: row.cost_usd,
    createdAt: row.created_at,
  };
}
