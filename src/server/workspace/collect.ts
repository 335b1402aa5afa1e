import type { SandboxProvider } from '#server/sandbox/sandbox.ts';
import type { ThreadSandboxRow } from '#server/store/workspaces.types.ts';
import type { WorkspacesParts } from './parts.ts';

const day = 24 * 60 * 60 * 1000;
/** Milliseconds that a sandbox which no thread has is kept: it may be of a request that has not been committed yet. */
const orphanMs = 7 * day;
/** Milliseconds without use after which one of a service is ended, when all of its files are kept here. */
const idleMs = 30 * day;

/** Milliseconds between two looks, of which the first comes soon after the start. */
const everyMs = 6 * 60 * 60 * 1000;
const firstMs = 60_000;

/** Until `signal` aborts. */
export function collectRegularly(parts: WorkspacesParts, signal: AbortSignal): void {
  const collect = async () => {
    try {
      await collectSandboxes(parts);
      await parts.history.collect(await workspacesHere(parts));
    } catch (cause) {
      parts.logger.warn({ cause }, 'old sandboxes and snapshots were not looked through');
    }
  };
  const first = setTimeout(() => void collect(), firstMs).unref();
  const timer = setInterval(() => void collect(), everyMs).unref();
  signal.addEventListener('abort', () => {
    clearTimeout(first);
    clearInterval(timer);
  });
}

async function workspacesHere({ providers }: WorkspacesParts): Promise<ReadonlySet<string>> {
  const local = providers.all().find(({ name }) => name === 'local');
  return new Set(((await local?.list()) ?? []).map(({ id }) => id));
}

type Listed = Awaited<ReturnType<SandboxProvider['list']>>[number];

/**
 * The policy for sandboxes (docs/workspace.md): one that no thread has any more goes after 7 days, with its snapshots; one of
 * a service that nobody has used for 30 days goes when a snapshot is younger than its last use, and is made again from it when
 * it is wanted. One of this machine stays for as long as its thread: its workspace is the only copy of what a person ignores.
 * @returns how many were ended
 */
export async function collectSandboxes(parts: WorkspacesParts, now: number = Date.now()): Promise<number> {
  let ended = 0;
  for (const provider of parts.providers.all()) {
    try {
      for (const listed of await provider.list())
        if (await collectOne(parts, provider, listed, now)) ended += 1;
    } catch (cause) {
      parts.logger.warn({ cause, provider: provider.name }, 'sandboxes could not be looked through');
    }
  }
  for (const row of await parts.store.workspaces.sandboxes()) await forgetRow(parts, row, now);
  return ended;
}

async function collectOne(
  { store, history }: WorkspacesParts,
  provider: SandboxProvider,
  { id, ref, lastUsedAt }: Listed,
  now: number,
): Promise<boolean> {
  const idle = lastUsedAt === null ? 0 : now - Date.parse(lastUsedAt);
  const row = await store.workspaces.sandbox(id);
  const isOf = row?.ref === ref || (provider.name === 'local' && row?.provider === 'local');
  const used = (await store.threads.ofSandbox(id)).length > 0;
  // A thread of an earlier version has no row yet.
  if (!used || (row && row.ref !== null && !isOf)) {
    if (idle < orphanMs) return false;
    await provider.remove(id, ref);
    return true;
  }
  if (provider.name === 'local' || idle < idleMs) return false;
  const snapshot = await history.snapshot(id);
  if (!snapshot || Date.parse(snapshot.createdAt) < now - idle) return false;
  await provider.remove(id, ref);
  return true;
}

/** Of a thread that was deleted while its sandbox could not be reached. */
async function forgetRow(
  { store, history }: WorkspacesParts,
  row: ThreadSandboxRow,
  now: number,
): Promise<void> {
  if (now - Date.parse(row.updatedAt) < orphanMs) return;
  if ((await store.threads.ofSandbox(row.threadId)).length > 0) return;
  await history.forget(row.threadId);
  await store.workspaces.removeSandbox(row.threadId);
}
