import { CrosspointError, errorCatalogue, type ErrorCode } from '#protocol/errors.ts';
import type { Message } from '#protocol/message.ts';
import { pathTo } from '#server/store/branch-path.ts';
import type { RunRow } from '#server/store/store.ts';
import { responseOf } from './finish-run.ts';
import { usageOf } from './initial-state.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { Runs } from './runs.ts';
import { requireThread } from './switch-model.ts';
import type { RunAnswer } from './types.ts';

/** Waits for a run's end and gives it in the form of the JSON answer. @throws the run's typed error */
export async function answer(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  runId: string,
): Promise<RunAnswer> {
  const before = await requireRun(setup, userId, runId);
  await runs.settled(before.threadId, runId);
  const run = await requireRun(setup, userId, runId);
  const { threadId } = run;
  if (run.status === 'error' || run.status === 'interrupted') throw storedError(run);
  if (run.status === 'running') throw new CrosspointError('run_active');
  if (run.status === 'awaiting_review') {
    const data = await reviewOf(setup, run);
    return { interrupt: true, threadId, runId, data };
  }
  const thread = await requireThread(setup, userId, threadId);
  const transcript = await transcriptOf(setup, runs, run);
  const last = transcript.findLast((message) => message.role === 'assistant' && message.runId === runId);
  const usage = await setup.store.ledger.list(userId, { runId });
  const { provider = thread.modelConfig.provider, model = thread.modelConfig.model } = last ?? {};
  return {
    threadId,
    runId,
    response: responseOf(transcript, runId),
    state: {
      currentFile: thread.currentFile,
      sandboxId: thread.sandboxId,
      awaitingHumanInput: false,
      modelUsed: modelName({ provider, model }),
    },
    usage: usage.map(usageOf),
  };
}

/** Of the run's branch, wherever the thread has gone since. */
async function transcriptOf(
  { store }: AgentSetup,
  runs: Runs,
  { threadId, branch }: RunRow,
): Promise<readonly Message[]> {
  const memory = runs.memories.of(threadId);
  const transcript = await memory.refresh(store);
  if (memory.path.at(-1)?.branch === branch) return transcript;
  return store.messages.list(threadId, { path: pathTo(await store.branches.list(threadId), branch) });
}

async function requireRun(setup: AgentSetup, userId: string, runId: string): Promise<RunRow> {
  const run = await setup.store.runs.get(runId);
  if (run?.userId !== userId) throw new CrosspointError('not_found', { what: 'run' });
  return run;
}

async function reviewOf(setup: AgentSetup, run: RunRow) {
  const events = await setup.store.events.listOfTypes(run.threadId, ['review.requested']);
  for (const { event } of events)
    if (event.type === 'review.requested' && event.data.runId === run.id) {
      const { runId: _runId, ...data } = event.data;
      return data;
    }
  throw new CrosspointError('nothing_to_review');
}

/** The sentence was filled in when the run ended; it is kept word for word. */
function storedError(run: RunRow): CrosspointError {
  const code = run.code !== null && run.code in errorCatalogue ? (run.code as ErrorCode) : 'internal';
  const error = new CrosspointError(code, { reference: run.id });
  if (run.error !== null) error.message = run.error;
  return error;
}
