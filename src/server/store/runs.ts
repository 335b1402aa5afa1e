import { sql, type Selectable } from 'kysely';
import { CrosspointError } from '#protocol/errors.ts';
import { activeBranch } from './branches.ts';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { RunRow, RunStore } from './store.ts';

/** Call `start` inside a transaction: the unique index on running runs is what makes two starts impossible (I7). */
export function runStore(db: Queries): RunStore {
  return {
    async start(row) {
      const last = await newest(db, row.threadId);
      if (last?.status === 'running') throw new CrosspointError('run_active');
      const run: RunRow = {
        ...row,
        branch: await activeBranch(db, row.threadId),
        status: 'running',
        fencingToken: (last?.fencing_token ?? 0) + 1,
        error: null,
        code: null,
        finishedAt: null,
      };
      await db.insertInto('runs').values(toColumns(run)).execute();
      return run;
    },
    async finish(id, change) {
      const { status, error = null, code = null, finishedAt } = change;
      const columns = { status, error, code, finished_at: finishedAt };
      await db.updateTable('runs').set(columns).where('id', '=', id).execute();
    },
    async get(id) {
      const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? fromColumns(row) : null;
    },
    async latest(threadId, branch) {
      const row = await newest(db, threadId, branch);
      return row ? fromColumns(row) : null;
    },
    async listRunning() {
      const rows = await db
        .selectFrom('runs')
        .selectAll()
        .where(sql<boolean>`status = 'running'`)
        .execute();
      return rows.map(fromColumns);
    },
    async assertOwner(id, fencingToken) {
      const row = await db
        .selectFrom('runs')
        .select(['status', 'fencing_token'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row?.status !== 'running' || row.fencing_token !== fencingToken)
        throw new CrosspointError('interrupted');
    },
  };
}

function newest(
  db: Queries,
  threadId: string,
  branch?: number,
): Promise<Selectable<Database['runs']> | undefined> {
  const query = db.selectFrom('runs').selectAll().where('thread_id', '=', threadId);
  const ofBranch = branch === undefined ? query : query.where('branch', '=', branch);
  return ofBranch.orderBy('fencing_token', 'desc').limit(1).executeTakeFirst();
}

function toColumns(run: RunRow): Database['runs'] {
  return {
    id: run.id,
    thread_id: run.threadId,
    user_id: run.userId,
    turn_id: run.turnId,
    status: run.status,
    fencing_token: run.fencingToken,
    branch: run.branch,
    message_id: run.messageId,
    error: run.error,
    code: run.code,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
  };
}

function fromColumns(row: Selectable<Database['runs']>): RunRow {
  return {
    id: row.id,
    threadId: row.thread_id,
    userId: row.user_id,
    turnId: row.turn_id,
    status: row.status as RunRow['status'],
    fencingToken: row.fencing_token,
    messageId: row.message_id,
    branch: row.branch,
    error: row.error,
    code: row.code,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
