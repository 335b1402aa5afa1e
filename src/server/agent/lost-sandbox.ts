import type { Restoration } from '#server/workspace/types.ts';
import type { AgentSetup } from './parts.ts';
import type { CallResult } from './tool-results.ts';
import type { ApprovedCall, Turn } from './turn.ts';

/**
 * Whether a call was proposed, and perhaps approved, for files of a sandbox that is lost: then it is void, since what it was
 * judged by is not there any more.
 * @returns how the sandbox was replaced; null when the call may run
 */
export async function voidedBy(
  setup: AgentSetup,
  turn: Turn,
  { toolCallId }: ApprovedCall,
): Promise<Restoration | null> {
  // Whether it is lost is known when it was asked. One that does not answer refuses the call itself.
  await turn.sandbox().catch(() => null);
  const restored = await setup.workspaces.restored(turn.threadId);
  if (!restored) return null;
  const proposed = await setup.store.events.listOfTypes(turn.threadId, ['tool.proposed']);
  const mine = proposed.findLast(
    ({ event }) => event.type === 'tool.proposed' && event.data.toolCallId === toolCallId,
  );
  return mine && mine.event.id < restored.eventId ? restored : null;
}

export function voidResult(turn: Turn, call: ApprovedCall, restored: Restoration): CallResult {
  return {
    call: { toolCallId: call.toolCallId, name: call.name, threadId: turn.threadId },
    runId: turn.run.id,
    status: 'not_run',
    text: `Not run: the sandbox was lost after this call was proposed. ${describe(restored)} Look at the files again before you propose it again.`,
    summary: 'Not run: its sandbox was lost, so the approval is void',
  };
}

/** What a model has to know that goes on in a sandbox which was replaced; empty when it was told. */
export async function restorationNote(setup: AgentSetup, turn: Turn): Promise<string> {
  const restored = await setup.workspaces.restored(turn.threadId);
  if (!restored) return '';
  const finished = await setup.store.events.listOfTypes(turn.threadId, ['tool.finished']);
  if (finished.some(({ event }) => event.id > restored.eventId)) return '';
  return `[The sandbox was lost meanwhile. ${describe(restored)}]\n\n`;
}

function describe({ snapshotAt, lost }: Restoration): string {
  const files =
    snapshotAt === null
      ? 'A new, empty one stands in its place.'
      : `A new one has the files as they were saved at ${snapshotAt}.`;
  return `${files} Lost: ${lost.join(' ')}`;
}
