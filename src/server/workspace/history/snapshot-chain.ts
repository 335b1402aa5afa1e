import type { StoreTables } from '#server/store/store.ts';
import type { SnapshotRow } from '#server/store/workspaces.types.ts';
import type { SnapshotFiles } from './snapshot-files.ts';

/** Links of a chain after which the next one is whole again: each has to be there for a restore. */
const longestChain = 20;
/** What the links after the whole one may be together, as a multiple of it; a few are never too many. */
const largestChain = 2;
const few = 3;

/** Of snapshots without git: their `commit` is this and the SHA-256 of what the workspace looked like. */
export const archiveMark = 'tar:';

export function isArchive({ commit }: Pick<SnapshotRow, 'commit'>): boolean {
  return commit.startsWith(archiveMark);
}

/** The links of the newest snapshot, the whole one first; null when one is missing. @param rows oldest first */
export function chainOf(rows: readonly SnapshotRow[]): SnapshotRow[] | null {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const chain: SnapshotRow[] = [];
  for (let row = rows.at(-1); row; row = byId.get(row.baseId ?? -1)) chain.unshift(row);
  return chain.length > 0 && chain[0]?.baseId !== null ? null : chain;
}

/** Whether the next link builds on nothing. */
export function needsWhole(chain: readonly SnapshotRow[]): boolean {
  const [whole, ...links] = chain;
  const bytes = links.reduce((sum, link) => sum + link.bytes, 0);
  if (!whole || isArchive(whole) || chain.length >= longestChain) return true;
  return links.length >= few && bytes > largestChain * whole.bytes;
}

export function fileName(row: Pick<SnapshotRow, 'id' | 'commit'>): string {
  return `${row.id}.${isArchive(row) ? 'tar' : 'bundle'}`;
}

/** Rows first: a file without a row is a stray, a row without its file would be a snapshot that cannot be restored. */
export async function removeLinks(
  { workspaces }: Pick<StoreTables, 'workspaces'>,
  files: SnapshotFiles,
  id: string,
  rows: readonly SnapshotRow[],
): Promise<void> {
  await workspaces.removeSnapshots(
    id,
    rows.map((row) => row.id),
  );
  for (const row of rows) await files.remove(id, fileName(row));
}
