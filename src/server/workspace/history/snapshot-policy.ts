import type { StoreTables } from '#server/store/store.ts';
import type { Locks } from './locks.ts';
import { chainOf, fileName, removeLinks } from './snapshot-chain.ts';
import type { SnapshotFiles } from './snapshot-files.ts';

const day = 24 * 60 * 60 * 1000;
/** Milliseconds without use after which the snapshots of a sandbox go whose workspace is on this machine anyway. */
const unusedMs = 90 * day;
/** Bytes of all snapshots: beyond it those of this machine's workspaces go, the longest unused first. */
const mostBytes = 10 * 1024 ** 3;

interface Parts {
  store: Pick<StoreTables, 'workspaces' | 'threads'>;
  files: SnapshotFiles;
  locks: Locks;
}

interface Kept {
  bytes: number;
  snapshots: number;
}

/**
 * Removes what docs/workspace.md lets go. The only snapshot of a workspace that is not on this machine always stays.
 * @param here ids of the sandboxes whose workspaces are on this machine's disk
 * @returns what is left
 */
export async function collectSnapshots(
  parts: Parts,
  here: ReadonlySet<string>,
  { now = Date.now(), most = mostBytes }: { now?: number | undefined; most?: number | undefined } = {},
): Promise<Kept> {
  const { store, files, locks } = parts;
  for (const id of await files.sandboxIds()) await locks.run(id, () => tidy(parts, id));
  const total: Kept = { bytes: 0, snapshots: 0 };
  const spare: (Kept & { id: string; usedAt: number })[] = [];
  for (const { threadId: id, lastUsedAt, provider } of await store.workspaces.snapshotThreads()) {
    const kept = sizeOf(await store.workspaces.snapshots(id));
    total.bytes += kept.bytes;
    total.snapshots += kept.snapshots;
    if (provider === 'local' && here.has(id)) spare.push({ ...kept, id, usedAt: Date.parse(lastUsedAt) });
  }
  for (const { id, usedAt, bytes, snapshots } of spare.toSorted((one, other) => one.usedAt - other.usedAt)) {
    if (now - usedAt < unusedMs && total.bytes <= most) break;
    await locks.run(id, () => removeAll(parts, id));
    total.bytes -= bytes;
    total.snapshots -= snapshots;
  }
  return total;
}

function sizeOf(rows: readonly { bytes: number }[]): Kept {
  return { bytes: rows.reduce((sum, row) => sum + row.bytes, 0), snapshots: rows.length };
}

async function removeAll({ store, files }: Parts, id: string): Promise<void> {
  await removeLinks(store, files, id, await store.workspaces.snapshots(id));
  await files.removeAll(id);
}

/** Files that no row names, of saves and removals that were cut off, and links that no restore needs. Nothing is saved meanwhile. */
async function tidy({ store, files }: Parts, id: string): Promise<void> {
  // One that nobody has, and that nobody would find again.
  if ((await store.threads.ofSandbox(id)).length === 0 && !(await store.workspaces.sandbox(id)))
    await store.workspaces.removeSandbox(id);
  const rows = await store.workspaces.snapshots(id);
  if (rows.length === 0) return files.removeAll(id);
  // One that is not whole is left as it is: somebody may bring back what is missing.
  const chain = chainOf(rows) ?? rows;
  await removeLinks(
    store,
    files,
    id,
    rows.filter((row) => !chain.includes(row)),
  );
  const names = new Set(chain.map(fileName));
  for (const name of await files.names(id)) if (!names.has(name)) await files.remove(id, name);
}
