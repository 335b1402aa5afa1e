import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { RunRow, StoreTables, ThreadRow, ToolCallDecision, ToolCallRow } from '#server/store/store.ts';
import { acceptOnce, claim } from './accepted.ts';
import { canonicalText, hashText } from './arguments.ts';
import { decisionsFor, mayRun, refusalSummary, refusalText } from './decisions.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import { findReview, type Review } from './reviews.ts';
import type { Runs } from './runs.ts';
import { rememberChoice, requireThread, resolveChoice, switchEvents } from './switch-model.ts';
import { finishedEvent, writeResult, type CallResult } from './tool-results.ts';
import type { ApprovedCall } from './turn.ts';
import type { Accepted, DecideCommand } from './types.ts';

/** Everything that an answered review writes, computed before the transaction. */
interface Plan {
  runId: string;
  thread: ThreadRow;
  review: Review;
  decisions: Map<string, ToolCallDecision>;
  run: ApprovedCall[];
  results: CallResult[];
  choice: ModelConfig | null;
}

/**
 * `PUT /api/agent`: the first decision wins by compare-and-swap on the rows, before the graph is touched (I2, I6).
 * @throws `nothing_to_review`, `already_decided`, `arguments_changed`, `bad_request`
 */
export async function decide(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  command: DecideCommand,
): Promise<Accepted> {
  const thread = await requireThread(setup, userId, command.threadId);
  const review = await findReview(setup.store, command);
  const runId = newId('run');
  const claimed = claimOf(userId, command, review, runId);
  return acceptOnce(setup.store, async () => {
    if (!review.pending) return rejectLate(setup.store, claimed);
    const plan = planFor(setup, thread, review, command, runId);
    const switched = await switchEvents(setup, thread, runs.memories.of(thread.id), plan.choice);
    let run: RunRow | undefined;
    const events = await setup.log.commit(thread.id, eventsOf(plan, switched), async (store) => {
      await claim(store, claimed, alreadyDecided);
      run = await writePlan(store, plan);
    });
    setup.point('decide.committed');
    if (run) runs.launch(run, { run: plan.run });
    await rememberChoice(setup, plan.choice);
    return { threadId: thread.id, runId, afterEventId: (events[0]?.id ?? 1) - 1 };
  });
}

const alreadyDecided = () => new CrosspointError('already_decided');

/** One key for each review: the first command takes it, an equal one gets the same answer, another one is refused. */
function claimOf(userId: string, command: DecideCommand, review: Review, runId: string) {
  const { threadId, ...body } = command;
  const key = `review:${threadId}:${review.messageId}`;
  return { userId, key, bodyHash: hashText(canonicalText(body)), runId };
}

/** The review was answered: an equal command gets the same answer, through the claim; any other is refused. */
function rejectLate(store: StoreTables, claimed: ReturnType<typeof claimOf>): Promise<never> {
  return store.transaction(async (inside) => {
    await claim(inside, claimed, alreadyDecided);
    throw alreadyDecided();
  });
}

function planFor(
  setup: AgentSetup,
  thread: ThreadRow,
  review: Review,
  command: DecideCommand,
  runId: string,
): Plan {
  const { approval, newModelName } = command;
  const choice = resolveChoice(setup, { modelName: newModelName, modelConfig: approval.newModelConfig });
  const changesModel = 'action' in approval && approval.action === 'change_model';
  if (changesModel && !choice) throw new CrosspointError('missing_model');
  const pending = review.calls.filter((call) => call.state === 'proposed');
  const decisions = decisionsFor(setup, pending, approval);
  const decided = review.calls.flatMap((call) => {
    const decision = decisions.get(call.toolCallId) ?? call.decision;
    return decision && call.state !== 'finished' ? [{ call, decision }] : [];
  });
  // A change of model runs nothing of the batch, not even what needed no review.
  const runs = decided.filter(({ decision }) => !changesModel && mayRun(decision));
  const stays = decided.filter((entry) => !runs.includes(entry));
  return {
    runId,
    thread,
    review,
    decisions,
    choice,
    run: runs.map(({ call, decision }) => approvedCall(call, decision)),
    results: stays.map(({ call, decision }) =>
      refusal(call, changesModel ? { ...decision, action: 'change_model' } : decision, runId),
    ),
  };
}

function approvedCall(call: ToolCallRow, { args = call.args, argsHash }: ToolCallDecision): ApprovedCall {
  const { toolCallId, name } = call;
  return { toolCallId, name, args, argsHash, edited: argsHash !== call.argsHash };
}

function refusal(call: ToolCallRow, decision: ToolCallDecision, runId: string): CallResult {
  const status = decision.action === 'rejected' ? 'rejected' : 'not_run';
  return { call, runId, status, text: refusalText(decision), summary: refusalSummary(decision) };
}

function eventsOf(
  { runId, thread, review, decisions, results, choice }: Plan,
  switched: NewEvent[],
): NewEvent[] {
  const model = modelName(choice ?? thread.modelConfig);
  return [
    {
      type: 'run.started',
      data: { runId, threadId: thread.id, messageId: review.run.messageId ?? '', model },
    },
    {
      type: 'review.decided',
      data: {
        decisions: [...decisions].map(([toolCallId, { action, by, reason }]) => ({
          toolCallId,
          action,
          by,
          ...(reason ? { reason } : {}),
        })),
        ...(choice ? { model } : {}),
      },
    },
    ...switched,
    ...results.map(finishedEvent),
  ];
}

async function writePlan(store: StoreTables, plan: Plan): Promise<RunRow> {
  const { review, thread, choice, decisions, results } = plan;
  const latest = await store.runs.latest(thread.id);
  if (latest?.id !== review.run.id || latest.status !== 'awaiting_review')
    throw new CrosspointError('nothing_to_review');
  for (const [toolCallId, decision] of decisions) {
    const first = await store.toolCalls.decide(thread.id, toolCallId, decision);
    if (!first) throw new CrosspointError('already_decided');
  }
  const createdAt = new Date().toISOString();
  const run = await store.runs.start({
    id: plan.runId,
    threadId: thread.id,
    userId: thread.userId,
    turnId: review.run.turnId,
    messageId: review.run.messageId,
    createdAt,
  });
  for (const result of results) await writeResult(store, result);
  if (choice)
    await store.threads.update(thread.userId, thread.id, { modelConfig: choice, updatedAt: createdAt });
  return run;
}
