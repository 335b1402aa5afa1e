import { sql, type Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import { snapshotStore } from './snapshots.ts';
import type { RewindRow, StepRow, WorkspaceStore } from './workspaces.types.ts';

export function workspaceStore(db: Queries): WorkspaceStore {
  return { ...stepStore(db), ...rewindStore(db), ...snapshotStore(db) };
}

/** Steps and rewinds share one order. */
function nextPosition(threadId: string) {
  return sql<number>`(select coalesce(max(position), 0) + 1 from (
    select position from workspace_steps where thread_id = ${threadId} union all
    select position from workspace_rewinds where thread_id = ${threadId}) as both)`;
}

type StepStore = Pick<WorkspaceStore, 'addStep' | 'step' | 'steps' | 'markUndone'>;

function stepStore(db: Queries): StepStore {
  return {
    async addStep(row) {
      const files = JSON.stringify(row.files);
      await db
        .insertInto('workspace_steps')
        .values({
          thread_id: row.threadId,
          position: nextPosition(row.threadId),
          tool_call_id: row.toolCallId,
          run_id: row.runId,
          before_commit: row.beforeCommit,
          after_commit: row.afterCommit,
          files,
          undone_by: null,
          created_at: row.createdAt,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['thread_id', 'tool_call_id'])
            .doUpdateSet({ after_commit: row.afterCommit, before_commit: row.beforeCommit, files }),
        )
        .execute();
    },
    async step(threadId, toolCallId) {
      const row = await db
        .selectFrom('workspace_steps')
        .selectAll()
        .where('thread_id', '=', threadId)
        .where('tool_call_id', '=', toolCallId)
        .executeTakeFirst();
      return row ? stepOf(row) : null;
    },
    async steps(threadId) {
      const rows = db.selectFrom('workspace_steps').selectAll().where('thread_id', '=', threadId);
      return (await rows.orderBy('position').execute()).map(stepOf);
    },
    async markUndone(threadId, positions, undoneBy) {
      if (positions.length === 0) return;
      for (const table of ['workspace_steps', 'workspace_rewinds'] as const)
        await db
          .updateTable(table)
          .set({ undone_by: undoneBy })
          .where('thread_id', '=', threadId)
          .where('position', 'in', [...positions])
          .execute();
    },
  };
}

type RewindStore = Pick<WorkspaceStore, 'addRewind' | 'updateRewind' | 'rewinds'>;

function rewindStore(db: Queries): RewindStore {
  return {
    async addRewind(row) {
      await db
        .insertInto('workspace_rewinds')
        .values({
          thread_id: row.threadId,
          position: nextPosition(row.threadId),
          id: row.id,
          target: JSON.stringify(row.target),
          before_commit: row.beforeCommit,
          after_commit: row.afterCommit,
          files: JSON.stringify(row.files),
          applied: Number(row.applied),
          undone_by: null,
          created_at: row.createdAt,
        })
        .execute();
    },
    async updateRewind(threadId, id, { afterCommit, files, applied }) {
      await db
        .updateTable('workspace_rewinds')
        .set({
          ...(afterCommit === undefined ? {} : { after_commit: afterCommit }),
          ...(files === undefined ? {} : { files: JSON.stringify(files) }),
          ...(applied === undefined ? {} : { applied: Number(applied) }),
        })
        .where('thread_id', '=', threadId)
        .where('id', '=', id)
        .execute();
    },
    async rewinds(threadId) {
      const rows = db.selectFrom('workspace_rewinds').selectAll().where('thread_id', '=', threadId);
      return (await rows.orderBy('position').execute()).map(rewindOf);
    },
  };
}

function stepOf(row: Selectable<Database['workspace_steps']>): StepRow {
  return {
    threadId: row.thread_id,
    position: row.position,
    toolCallId: row.tool_call_id,
    runId: row.run_id,
    beforeCommit: row.before_commit,
    afterCommit: row.after_commit,
    files: JSON.parse(row.files) as StepRow['files'],
    undoneBy: row.undone_by,
    createdAt: row.created_at,
  };
}

function rewindOf(row: Selectable<Database['workspace_rewinds']>): RewindRow {
  return {
    threadId: row.thread_id,
    position: row.position,
    id: row.id,
    target: JSON.parse(row.target) as RewindRow['target'],
    beforeCommit: row.before_commit,
    afterCommit: row.after_commit,
    files: JSON.parse(row.files) as RewindRow['files'],
    applied: row.applied === 1,
    undoneBy: row.undone_by,
    createdAt: row.created_at,
  };
}
