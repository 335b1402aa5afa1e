import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox, SandboxProvider } from '#server/sandbox/sandbox.ts';
import { assertIdle } from '#server/store/assert-idle.ts';
import type { StoreTables } from '#server/store/store.ts';
import type { ThreadSandboxRow } from '#server/store/workspaces.types.ts';
import type { ThreadOfSandbox } from './types.ts';
import type { WorkspacesParts } from './parts.ts';

interface Move {
  thread: ThreadOfSandbox;
  row: ThreadSandboxRow;
  from: Sandbox;
  target: SandboxProvider;
}

/**
 * The files travel by snapshot. Until the one transaction that says where the sandbox is now, the old one is that of the
 * thread, so a move that is cut off has changed nothing. The old one is stopped and kept: what no snapshot holds is still
 * in it until the policy of `collect.ts` lets it go.
 * @throws `run_active`, `review_pending`, `bad_request`, `snapshot_failed`, `no_history`
 */
export async function move(parts: WorkspacesParts, { thread, row, from, target }: Move): Promise<Sandbox> {
  const { store, log, history, logger } = parts;
  await assertSandboxIdle(store, thread.sandboxId);
  if (row.boundFolder !== null)
    throw new CrosspointError('bad_request', {
      detail: 'A folder of this machine is the workspace of this thread: it cannot be moved.',
    });
  await history.save(from, row.threadId, 'move');
  // What an earlier try left there is not what the thread has now.
  await target.remove(row.threadId, null);
  const sandbox = await target.open(row.threadId, null);
  await history.restore(sandbox, row.threadId);
  const updatedAt = new Date().toISOString();
  const provider = target.name;
  const next = { ...row, provider, ref: sandbox.ref, generation: row.generation + 1, updatedAt };
  const data = { from: from.provider, to: provider };
  await log.commit(thread.id, [{ type: 'sandbox.moved', data }], async (tables) => {
    await assertSandboxIdle(tables, thread.sandboxId);
    await tables.workspaces.putSandbox(next);
    for (const id of await tables.threads.ofSandbox(thread.sandboxId))
      await tables.threads.update(thread.userId, id, { sandboxType: provider });
  });
  await from
    .stop()
    .catch((cause: unknown) => logger.warn({ cause, sandbox: row.threadId }, 'a sandbox goes on'));
  return sandbox;
}

/** Nothing runs or waits in any thread that works in the sandbox. @throws `run_active`, `review_pending` */
export async function assertSandboxIdle(store: StoreTables, sandboxId: string): Promise<void> {
  for (const threadId of await store.threads.ofSandbox(sandboxId)) await assertIdle(store, threadId);
}
