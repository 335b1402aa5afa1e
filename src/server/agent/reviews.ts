import { CrosspointError } from '#protocol/errors.ts';
import type { RunRow, StoreTables, ToolCallRow } from '#server/store/store.ts';
import type { DecideCommand } from './types.ts';

/** A batch of calls that a person was asked about. */
export interface Review {
  /** The answer that made the calls. */
  messageId: string;
  /** The run that ended with this review. */
  run: RunRow;
  /** All calls of the answer, those that needed no review too. */
  calls: ToolCallRow[];
  pending: boolean;
}

/**
 * The review that a decision is about: the one whose calls or run it names, else the pending one, else the last one.
 * @throws `nothing_to_review`, and `bad_request` for calls that are not of this thread
 */
export async function findReview(store: StoreTables, command: DecideCommand): Promise<Review> {
  const { threadId } = command;
  const latest = await store.runs.latest(threadId);
  if (!latest) throw new CrosspointError('nothing_to_review');
  const anchor =
    (await namedCall(store, command)) ??
    (await waitingCall(store, latest)) ??
    (await lastDecided(store, threadId));
  if (!anchor || anchor.decision?.action === 'cancelled') throw new CrosspointError('nothing_to_review');
  const calls = await store.toolCalls.list(threadId, { messageId: anchor.messageId });
  const open = calls.some((call) => call.state === 'proposed' && call.needsReview);
  const pending = latest.status === 'awaiting_review' && open;
  if (!pending && !calls.some((call) => call.decision?.by === 'user'))
    throw new CrosspointError('nothing_to_review');
  return { messageId: anchor.messageId, run: latest, calls, pending };
}

/** A decision that names its calls or the run that asked can never meet another review, however late it comes. */
async function namedCall(
  store: StoreTables,
  { threadId, approval, runId }: DecideCommand,
): Promise<ToolCallRow | null> {
  const first = 'decisions' in approval ? approval.decisions[0] : undefined;
  if (!first) return runId === undefined ? null : reviewedBy(store, threadId, runId);
  const row = await store.toolCalls.get(threadId, first.toolCallId);
  if (row) return row;
  throw new CrosspointError('bad_request', {
    detail: `There is no call "${first.toolCallId}" in this thread.`,
  });
}

async function reviewedBy(store: StoreTables, threadId: string, runId: string): Promise<ToolCallRow> {
  const run = await store.runs.get(runId);
  const calls =
    run?.threadId === threadId ? await store.toolCalls.list(threadId, { turnId: run.turnId }) : [];
  const asked = calls.find((call) => call.runId === runId && call.needsReview);
  if (!asked) throw new CrosspointError('nothing_to_review');
  return asked;
}

async function waitingCall(store: StoreTables, latest: RunRow): Promise<ToolCallRow | null> {
  if (latest.status !== 'awaiting_review') return null;
  const open = await store.toolCalls.list(latest.threadId, { turnId: latest.turnId, open: true });
  return open.find((call) => call.state === 'proposed') ?? null;
}

async function lastDecided(store: StoreTables, threadId: string): Promise<ToolCallRow | null> {
  const events = await store.events.listOfTypes(threadId, ['review.decided']);
  const last = events.at(-1)?.event;
  const toolCallId = last?.type === 'review.decided' ? last.data.decisions[0]?.toolCallId : undefined;
  return toolCallId === undefined ? null : store.toolCalls.get(threadId, toolCallId);
}
