import type { NewEvent } from '#protocol/events.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { RunRow, StoreTables, ThreadRow, ToolCallRow } from '#server/store/store.ts';
import { closeRun, finishedRunEvent } from './finish-run.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { Runs } from './runs.ts';
import { requireThread } from './switch-model.ts';
import { closingResults, finishedEvent, writeResult } from './tool-results.ts';

/** Stops the running run and waits for its end, or closes the pending review. */
export async function cancel(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<{ cancelled: boolean }> {
  const thread = await requireThread(setup, userId, threadId);
  const latest = await setup.store.runs.latest(threadId);
  const { compacting } = runs.memories.of(threadId);
  compacting?.abort();
  if (compacting && latest?.status !== 'running') return { cancelled: true };
  if (latest?.status === 'awaiting_review') return { cancelled: await closeReview(setup, thread, latest) };
  if (latest?.status !== 'running') return { cancelled: false };
  return { cancelled: await runs.stop(threadId, 'cancelled') };
}

/**
 * The run that asked has had its terminal event. Closing the review is a run of its own, so that every reader sees it end;
 * it takes the lease like any other, and so never meets a decision.
 */
async function closeReview(setup: AgentSetup, thread: ThreadRow, waiting: RunRow): Promise<boolean> {
  const runId = newId('run');
  const open = await setup.store.toolCalls.list(thread.id, { turnId: waiting.turnId, open: true });
  const results = closingResults(open, runId, 'cancelled');
  const events: NewEvent[] = [
    {
      type: 'run.started',
      data: {
        runId,
        threadId: thread.id,
        messageId: waiting.messageId ?? '',
        model: modelName(thread.modelConfig),
      },
    },
    {
      type: 'review.decided',
      data: {
        decisions: open.map(({ toolCallId }) => ({ toolCallId, action: 'cancelled', by: 'user' as const })),
      },
    },
    ...results.map(finishedEvent),
    finishedRunEvent(runId, { status: 'cancelled' }, ''),
  ];
  try {
    await setup.log.commit(thread.id, events, async (store) => {
      await takeReview(store, waiting, runId, open);
      for (const result of results) await writeResult(store, result);
      await closeRun(store, runId, { status: 'cancelled' });
    });
  } catch (cause) {
    // Somebody answered the review in the same moment; their answer came first.
    if (cause instanceof CrosspointError && ['nothing_to_review', 'run_active'].includes(cause.code))
      return false;
    throw cause;
  }
  await setup.checkpointer.deleteThread(waiting.turnId);
  return true;
}

async function takeReview(
  store: StoreTables,
  waiting: RunRow,
  runId: string,
  open: ToolCallRow[],
): Promise<void> {
  const latest = await store.runs.latest(waiting.threadId);
  if (latest?.id !== waiting.id) throw new CrosspointError('nothing_to_review');
  const { threadId, userId, turnId, messageId } = waiting;
  await store.runs.start({
    id: runId,
    threadId,
    userId,
    turnId,
    messageId,
    createdAt: new Date().toISOString(),
  });
  for (const { toolCallId, argsHash } of open)
    await store.toolCalls.decide(threadId, toolCallId, { action: 'cancelled', by: 'user', argsHash });
}
