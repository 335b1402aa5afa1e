import { CrosspointError } from '#protocol/errors.ts';
import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { ThreadSandboxRow } from '#server/store/workspaces.types.ts';
import { assertSandboxIdle } from './move.ts';
import type { WorkspacesParts } from './parts.ts';

/**
 * A folder of this machine takes the place of an empty workspace. When it cannot be one, everything is as before.
 * @throws `workspace_not_empty`, `unsupported_by_sandbox`, `sandbox_unavailable`, `run_active`, `review_pending`
 */
export async function bind(
  { store, providers }: WorkspacesParts,
  row: ThreadSandboxRow,
  sandbox: Sandbox,
  folder: string,
): Promise<Sandbox> {
  await assertSandboxIdle(store, row.threadId);
  if (sandbox.provider !== 'local')
    throw new CrosspointError('unsupported_by_sandbox', {
      what: 'A folder of this machine as the workspace',
      remedy: 'Use a sandbox on this machine, or copy the folder in.',
    });
  const entries = await sandbox.files.list('.', { maxEntries: 1 });
  if (entries.length > 0 || row.boundFolder !== null) throw new CrosspointError('workspace_not_empty');
  await sandbox.stop();
  await store.workspaces.putSandbox({ ...row, boundFolder: folder, updatedAt: new Date().toISOString() });
  try {
    return await providers.get('local').open(row.threadId, row.ref);
  } catch (cause) {
    await store.workspaces.putSandbox(row);
    throw cause;
  }
}
