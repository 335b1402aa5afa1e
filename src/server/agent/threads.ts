import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ThreadSummary, ThreadView, ToolCallView } from '#protocol/thread.ts';
import type { UsageEntry } from '#protocol/usage.ts';
import { forksOn, pathTo } from '#server/store/branch-path.ts';
import type { Path, ThreadRow, ToolCallRow } from '#server/store/store.ts';
import type { StepRow } from '#server/store/workspaces.types.ts';
import { canonicalText } from './arguments.ts';
import { moveToBranch } from './branches.ts';
import { contextTokens, viewCompaction } from './compaction-view.ts';
import type { AgentSetup } from './parts.ts';
import { pendingReview } from './pending-review.ts';
import { planOf } from './plan.ts';
import type { Runs } from './runs.ts';
import {
  rememberChoice,
  requireThread,
  resolveChain,
  resolveChoice,
  resolveHelpers,
  switchEvents,
} from './switch-model.ts';
import type { ThreadChange } from './types.ts';

const maxTitle = 200;
/** Lines of the timeline that are not messages. */
const noteTypes = [
  'model.switched',
  'context.compacted',
  'context.restored',
  'workspace.rewound',
  'sandbox.restored',
  'sandbox.moved',
  'notice',
  'run.finished',
];

export async function summarise(setup: AgentSetup, thread: ThreadRow): Promise<ThreadSummary> {
  const run = await setup.store.runs.latest(thread.id, thread.branch);
  const cost = await setup.store.ledger.threadCost(thread.id);
  return {
    id: thread.id,
    title: thread.title,
    modelConfig: thread.modelConfig,
    approvalMode: thread.approvalMode,
    fallbackModels: thread.fallbackModels,
    pauseOnMismatch: thread.pauseOnMismatch,
    autoCompact: thread.autoCompact,
    compactionModel: thread.compactionModel,
    subagentModel: thread.subagentModel,
    cacheAnswers: thread.cacheAnswers,
    useMorph: thread.useMorph,
    budgetUsd: thread.budgetUsd,
    costUsd: cost.costUsd,
    costComplete: cost.complete,
    runStatus: run?.status ?? null,
    activeRunId: run?.status === 'running' ? run.id : null,
    branchId: thread.branch,
    createdAt: thread.createdAt,
    updatedAt: thread.updatedAt,
  };
}

/**
 * The thread as its active branch has it. `lastEventId` is read first: what comes meanwhile is then sent again, never lost.
 */
export async function viewThread(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<ThreadView> {
  const { store } = setup;
  const lastEventId = await store.events.lastId(threadId);
  const thread = await requireThread(setup, userId, threadId);
  const branches = await store.branches.list(threadId);
  const path = pathTo(branches, thread.branch);
  const messages = await store.messages.list(threadId, { path });
  const shown = new Set(messages.map((message) => message.id));
  const toolCalls = await store.toolCalls.list(threadId);
  const steps = new Map((await store.workspaces.steps(threadId)).map((step) => [step.toolCallId, step]));
  const usage = await usageByMessage(setup, threadId);
  const summary = await summarise(setup, thread);
  const last = messages.findLast((message) => usage.has(message.id));
  const memory = runs.memories.of(threadId);
  const compaction = await viewCompaction(setup, thread, memory);
  return {
    ...summary,
    messages: messages.map((message) => {
      const used = usage.get(message.id);
      return used ? { ...message, usage: used } : message;
    }),
    toolCalls: toolCalls
      .filter(({ messageId }) => shown.has(messageId))
      .map((row) => ({ ...viewCall(row), ...changedBy(steps.get(row.toolCallId)) })),
    notes: await notesOf(setup, threadId, path),
    forks: forksOn(branches, path),
    plan: planOf(messages),
    pendingReview:
      summary.runStatus === 'awaiting_review' ? await pendingReview(setup, thread, memory) : null,
    compaction,
    contextTokens: contextTokens(last && usage.get(last.id), compaction),
    contextWindow: setup.models.target(thread.modelConfig).contextWindow,
    lastEventId,
    ...(summary.activeRunId === null ? {} : await replayAfter(setup, threadId, summary.activeRunId)),
  };
}

/** Text that is being written is in the events only: a page that opens now reads the active run from its beginning. */
async function replayAfter(
  setup: AgentSetup,
  threadId: string,
  runId: string,
): Promise<Pick<ThreadView, 'replayAfter'>> {
  const starts = await setup.store.events.listOfTypes(threadId, ['run.started']);
  const start = starts.findLast(({ event }) => event.type === 'run.started' && event.data.runId === runId);
  return start ? { replayAfter: start.event.id - 1 } : {};
}

async function usageByMessage(setup: AgentSetup, threadId: string): Promise<Map<string, UsageEntry>> {
  const events = await setup.store.events.listOfTypes(threadId, ['model.finished']);
  return new Map(
    events.flatMap(({ event }) =>
      event.type === 'model.finished' ? [[event.data.messageId, event.data.usage] as const] : [],
    ),
  );
}

async function notesOf(setup: AgentSetup, threadId: string, path: Path): Promise<ThreadView['notes']> {
  const events = await setup.store.events.listOfTypes(threadId, noteTypes, { path });
  return events.flatMap(({ event, afterSeq }) => {
    // A run that ended well, or that waits, says nothing in the timeline.
    if (event.type === 'run.finished' && ['done', 'awaiting_review'].includes(event.data.status)) return [];
    return [{ eventId: event.id, type: event.type, data: { ...event.data }, afterSeq }];
  });
}

function changedBy(step: StepRow | undefined): Pick<ToolCallView, 'files' | 'undone'> {
  return step ? { files: step.files, undone: step.undoneBy !== null } : {};
}

function viewCall(row: ToolCallRow): ToolCallView {
  const { decision, status, summary, exitCode, durationMs } = row;
  return {
    toolCallId: row.toolCallId,
    messageId: row.messageId,
    name: row.name,
    args: decision?.args ?? row.args,
    hash: row.argsHash,
    state: row.state === 'started' ? 'running' : row.state,
    ...(decision
      ? {
          decision: {
            action: decision.action,
            by: decision.by,
            ...(decision.reason ? { reason: decision.reason } : {}),
          },
        }
      : {}),
    ...(status === null ? {} : { status }),
    ...(summary === null ? {} : { summary }),
    ...(exitCode === null ? {} : { exitCode }),
    ...(durationMs === null ? {} : { durationMs }),
  };
}

/** Another branch is moved to first. A changed model is a switch by a person: recorded with its receipt, used from the next request on. */
export async function updateThread(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
  change: ThreadChange,
): Promise<ThreadSummary> {
  const thread = await requireThread(setup, userId, threadId);
  const choice = resolveChoice(setup, change);
  const columns = {
    ...changedColumns(change),
    ...resolveChain(setup, change),
    ...resolveHelpers(setup, change),
    ...(choice ? { modelConfig: choice } : {}),
  };
  if (change.branchId !== undefined) await moveToBranch(setup, thread, change.branchId);
  const changed = Object.entries(columns).some(
    ([key, value]) => canonicalText(value) !== canonicalText(thread[key as keyof ThreadRow]),
  );
  if (changed) {
    const events: NewEvent[] = await switchEvents(setup, thread, runs.memories.of(threadId), choice);
    const updatedAt = new Date().toISOString();
    await setup.log.commit(threadId, events, (store) =>
      store.threads.update(userId, threadId, { ...columns, updatedAt }),
    );
    if (events.length) setup.point('switch.committed');
    await rememberChoice(setup, choice);
  }
  return summarise(setup, await requireThread(setup, userId, threadId));
}

function changedColumns({
  title,
  approvalMode,
  budgetUsd,
  pauseOnMismatch,
  autoCompact,
  cacheAnswers,
  useMorph,
}: ThreadChange): Partial<ThreadRow> {
  if (title !== undefined && title.trim() === '')
    throw new CrosspointError('bad_request', { detail: 'The title is empty.' });
  if (typeof budgetUsd === 'number' && !(budgetUsd > 0 && Number.isFinite(budgetUsd)))
    throw new CrosspointError('bad_request', {
      detail: 'The budget must be a positive number of USD, or null.',
    });
  return {
    ...(title === undefined ? {} : { title: title.trim().slice(0, maxTitle), titled: true }),
    ...(approvalMode === undefined ? {} : { approvalMode }),
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
    ...(pauseOnMismatch === undefined ? {} : { pauseOnMismatch }),
    ...(autoCompact === undefined ? {} : { autoCompact }),
    ...(cacheAnswers === undefined ? {} : { cacheAnswers }),
    ...(useMorph === undefined ? {} : { useMorph }),
  };
}

/** Stops what runs, then removes the thread, its checkpoint, and its sandbox when no other thread works in it. */
export async function deleteThread(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<void> {
  const thread = await requireThread(setup, userId, threadId);
  runs.memories.of(threadId).compacting?.abort();
  await runs.stop(threadId, 'cancelled');
  const run = await setup.store.runs.latest(threadId);
  await setup.store.transaction((store) => store.threads.delete(userId, threadId));
  runs.memories.forget(threadId);
  if (run) await setup.checkpointer.deleteThread(run.turnId);
  try {
    await setup.workspaces.remove(thread);
  } catch (cause) {
    // It is tried again by the policy of `workspace/collect.ts`.
    setup.logger.warn({ cause, sandboxId: thread.sandboxId }, 'a sandbox could not be removed');
  }
}
