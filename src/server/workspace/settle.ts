import type { Sandbox } from '#server/sandbox/sandbox.ts';
import type { WorkspacesParts } from './parts.ts';

/**
 * A call that was running when its process died has changed files that are no step yet: what differs from the state before
 * it is recorded as its own, so that it can be seen and taken back.
 */
export async function settleLastCall(
  { store, log, history }: Pick<WorkspacesParts, 'store' | 'log' | 'history'>,
  threadId: string,
  sandbox: Sandbox,
): Promise<void> {
  const calls = await store.toolCalls.list(threadId);
  const last = calls.findLast(
    ({ status }) => status === 'ok' || status === 'error' || status === 'outcome_unknown',
  );
  if (last?.status !== 'outcome_unknown') return;
  const { toolCallId, runId } = last;
  if (await store.workspaces.step(threadId, toolCallId)) return;
  const changes = await history.end(sandbox, { threadId, toolCallId, runId });
  if (changes) await log.commit(threadId, [{ type: 'workspace.changed', data: { ...changes, runId } }]);
}
