import { pathTo } from './branch-path.ts';
import type { Queries } from './database.ts';
import type { Branch, BranchStore, Path } from './store.ts';

export function branchStore(db: Queries): BranchStore {
  return {
    active: (threadId) => activeBranch(db, threadId),
    list: (threadId) => listBranches(db, threadId),
    async add(threadId, { parentId, afterSeq, createdAt }) {
      const last = (await listBranches(db, threadId)).at(-1)?.id ?? 0;
      const row = { id: last + 1, parent_id: parentId, after_seq: afterSeq, created_at: createdAt };
      await db
        .insertInto('branches')
        .values({ thread_id: threadId, ...row })
        .execute();
      await db.updateTable('threads').set({ branch: row.id }).where('id', '=', threadId).execute();
      return row.id;
    },
  };
}

/** The path that a thread goes on from. */
export async function activePath(db: Queries, threadId: string): Promise<Path> {
  const branch = await activeBranch(db, threadId);
  return pathTo(branch === 0 ? [] : await listBranches(db, threadId), branch);
}

export async function activeBranch(db: Queries, threadId: string): Promise<number> {
  const row = await db.selectFrom('threads').select('branch').where('id', '=', threadId).executeTakeFirst();
  return row?.branch ?? 0;
}

async function listBranches(db: Queries, threadId: string): Promise<Branch[]> {
  const rows = await db
    .selectFrom('branches')
    .selectAll()
    .where('thread_id', '=', threadId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    parentId: row.parent_id,
    afterSeq: row.after_seq,
    createdAt: row.created_at,
  }));
}
