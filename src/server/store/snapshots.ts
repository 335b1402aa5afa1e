import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Database } from './schema.ts';
import type { SnapshotRow, ThreadSandboxRow, WorkspaceStore } from './workspaces.types.ts';

type SnapshotStore = Omit<
  WorkspaceStore,
  'addStep' | 'step' | 'steps' | 'markUndone' | 'addRewind' | 'updateRewind' | 'rewinds'
>;

/** Snapshots of workspaces, and the sandboxes that they are of. */
export function snapshotStore(db: Queries): SnapshotStore {
  return {
    async addSnapshot(row) {
      await db
        .insertInto('workspace_snapshots')
        .values({
          thread_id: row.threadId,
          id: row.id,
          commit: row.commit,
          base_id: row.baseId,
          bytes: row.bytes,
          sha256: row.sha256,
          left_out: JSON.stringify(row.leftOut),
          why: row.why,
          created_at: row.createdAt,
        })
        .execute();
    },
    async snapshots(threadId) {
      const rows = db.selectFrom('workspace_snapshots').selectAll().where('thread_id', '=', threadId);
      return (await rows.orderBy('id').execute()).map(snapshotOf);
    },
    async removeSnapshots(threadId, ids) {
      if (ids.length === 0) return;
      await db
        .deleteFrom('workspace_snapshots')
        .where('thread_id', '=', threadId)
        .where('id', 'in', [...ids])
        .execute();
    },
    async snapshotThreads() {
      const rows = await db
        .selectFrom('threads')
        .leftJoin('thread_sandboxes', 'thread_sandboxes.thread_id', 'threads.sandbox_id')
        .select(({ fn }) => [
          'threads.sandbox_id',
          'thread_sandboxes.provider',
          fn.max('threads.updated_at').as('used_at'),
        ])
        .where('threads.sandbox_id', 'in', db.selectFrom('workspace_snapshots').select('thread_id'))
        .groupBy(['threads.sandbox_id', 'thread_sandboxes.provider'])
        .execute();
      return rows.map(({ sandbox_id, used_at, provider }) => ({
        threadId: sandbox_id,
        lastUsedAt: used_at,
        provider: provider as ThreadSandboxRow['provider'] | null,
      }));
    },
    ...sandboxStore(db),
  };
}

function sandboxStore(
  db: Queries,
): Pick<WorkspaceStore, 'sandbox' | 'putSandbox' | 'sandboxes' | 'removeSandbox'> {
  return {
    async sandbox(threadId) {
      const row = await db
        .selectFrom('thread_sandboxes')
        .selectAll()
        .where('thread_id', '=', threadId)
        .executeTakeFirst();
      return row ? sandboxOf(row) : null;
    },
    async putSandbox(row) {
      const columns = {
        provider: row.provider,
        ref: row.ref,
        generation: row.generation,
        bound_folder: row.boundFolder,
        updated_at: row.updatedAt,
      };
      await db
        .insertInto('thread_sandboxes')
        .values({ thread_id: row.threadId, ...columns })
        .onConflict((conflict) => conflict.column('thread_id').doUpdateSet(columns))
        .execute();
    },
    async sandboxes() {
      return (await db.selectFrom('thread_sandboxes').selectAll().execute()).map(sandboxOf);
    },
    async removeSandbox(threadId) {
      for (const table of ['thread_sandboxes', 'workspace_snapshots'] as const)
        await db.deleteFrom(table).where('thread_id', '=', threadId).execute();
    },
  };
}

function snapshotOf(row: Selectable<Database['workspace_snapshots']>): SnapshotRow {
  return {
    threadId: row.thread_id,
    id: row.id,
    commit: row.commit,
    baseId: row.base_id,
    bytes: row.bytes,
    sha256: row.sha256,
    leftOut: JSON.parse(row.left_out) as string[],
    why: row.why,
    createdAt: row.created_at,
  };
}

function sandboxOf(row: Selectable<Database['thread_sandboxes']>): ThreadSandboxRow {
  return {
    threadId: row.thread_id,
    provider: row.provider as ThreadSandboxRow['provider'],
    ref: row.ref,
    generation: row.generation,
    boundFolder: row.bound_folder,
    updatedAt: row.updated_at,
  };
}
