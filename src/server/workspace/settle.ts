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
  const finished = (await store.events.listOfTypes(threadId, ['tool.finished'])).at(-1)?.event;
  if (finished?.type !== 'tool.finished' || finished.data.status !== 'outcome_unknown') return;
  const { toolCallId } = finished.data;
  const runId = (await store.toolCalls.get(threadId, toolCallId))?.runId;
  if (runId === undefined || (await store.workspaces.step(threadId, toolCallId))) return;
  const changes = await history.end(sandbox, { threadId, toolCallId, runId });
  if (changes) await log.commit(threadId, [{ type: 'workspace.changed', data: { ...changes, runId } }]);
}
