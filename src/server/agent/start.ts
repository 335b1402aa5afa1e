import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { Message, UserPart } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { RunRow, StoreTables, ThreadRow } from '#server/store/store.ts';
import { acceptOnce, claimKeys } from './accepted.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import { newThread, titleOf } from './new-thread.ts';
import type { AgentSetup } from './parts.ts';
import type { Runs } from './runs.ts';
import {
  rememberChoice,
  requireThread,
  resolveChain,
  resolveChoice,
  switchEvents,
  takeoverEvents,
} from './switch-model.ts';
import type { ThreadMemory } from './thread-memory.ts';
import type { Accepted, StartCommand } from './types.ts';
import { openFilePart } from './workspace.ts';

/**
 * `POST /api/agent`: the message, the run and `run.started` are one transaction; only then is it acknowledged (I1).
 * @throws `run_active`, `review_pending`, `idempotency_conflict`, and everything a model's name can be wrong with
 */
export async function start(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  command: StartCommand,
): Promise<Accepted> {
  if (command.message.trim() === '')
    throw new CrosspointError('bad_request', { detail: 'The message is empty.' });
  const known = command.threadId === undefined ? null : await requireThread(setup, userId, command.threadId);
  const choice = resolveChoice(setup, command);
  const chain = resolveChain(setup, command);
  const base = known ?? newThread(userId, setup.models.defaultConfig(), setup.workspaces.defaultType);
  const sandbox = await sandboxFor(setup, userId, command, base, known !== null);
  const change = { ...changeFor(base, command, choice), ...chain, ...sandbox };
  const thread = { ...base, ...change };
  // With a fallback chain the run itself says, and mends, that the model cannot be used any more.
  if (!thread.fallbackModels.length) setup.models.assertUsable(thread.modelConfig);
  const memory = runs.memories.of(thread.id);
  const transcript = await memory.refresh(setup.store);
  const parts = await messageParts(setup, thread, command, transcript);
  const switched = known ? await switchesAt(setup, known, memory, thread.modelConfig) : [];
  const runId = newId('run');
  return acceptOnce(setup.store, async () => {
    const message = userMessage(thread.id, runId, parts);
    let run: RunRow | undefined;
    const events = await setup.log.commit(
      thread.id,
      [startedEvent(thread, runId, message.id), ...switched],
      async (store) => {
        await claimKeys(store, userId, command, runId);
        run = await writeStart(store, thread, known ? change : null, message);
      },
    );
    setup.point('start.committed');
    if (run) runs.launch(run);
    await rememberChoice(setup, choice);
    return { threadId: thread.id, runId, afterEventId: (events[0]?.id ?? 1) - 1 };
  });
}

/** Where a thread has one branch, every switch is on it. */
async function switchesAt(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  to: ModelConfig,
): Promise<NewEvent[]> {
  const branches = await setup.store.branches.list(thread.id);
  return (branches.length ? takeoverEvents : switchEvents)(setup, thread, memory, to);
}

async function writeStart(
  store: StoreTables,
  thread: ThreadRow,
  change: Partial<ThreadRow> | null,
  message: Omit<Message, 'seq'>,
): Promise<RunRow> {
  const latest = change && (await store.runs.latest(thread.id));
  if (latest?.status === 'awaiting_review') throw new CrosspointError('review_pending');
  if (change) await store.threads.update(thread.userId, thread.id, change);
  else await store.threads.create(thread);
  const run = await store.runs.start({
    id: message.runId,
    threadId: thread.id,
    userId: thread.userId,
    turnId: newId('turn'),
    messageId: message.id,
    createdAt: message.createdAt,
  });
  await store.messages.append(message);
  return run;
}

/** What this message changes about its thread. Nothing that was not named changes: not the model, not the mode. */
function changeFor(
  thread: ThreadRow,
  { message, approvalMode, currentFile, useMorph }: StartCommand,
  modelConfig: ModelConfig | null,
): Partial<ThreadRow> {
  return {
    updatedAt: new Date().toISOString(),
    ...(modelConfig ? { modelConfig } : {}),
    ...(approvalMode === undefined ? {} : { approvalMode }),
    ...(currentFile === undefined ? {} : { currentFile }),
    ...(useMorph === undefined ? {} : { useMorph }),
    ...(thread.titled ? {} : { title: titleOf(message), titled: true }),
  };
}

/**
 * An id is never authority (rule R19): a sandbox is taken only from a thread of the same person.
 * @throws `not_found`, `sandbox_unavailable`, `bad_request` for a thread whose sandbox is of another type
 */
async function sandboxFor(
  setup: AgentSetup,
  userId: string,
  { sandboxId, sandboxType }: StartCommand,
  thread: ThreadRow,
  isKnown: boolean,
): Promise<Partial<Pick<ThreadRow, 'sandboxId' | 'sandboxType'>>> {
  let chosen: Pick<ThreadRow, 'sandboxId' | 'sandboxType'> = thread;
  if (sandboxId !== undefined && sandboxId !== thread.sandboxId) {
    const own = await setup.store.threads.list(userId, { limit: 10_000 });
    const other = own.find((other) => other.sandboxId === sandboxId);
    if (!other) throw new CrosspointError('not_found', { what: 'sandbox' });
    chosen = other;
  } else if (sandboxType !== undefined && !isKnown) {
    setup.workspaces.assertUsable(sandboxType);
    chosen = { sandboxId: thread.sandboxId, sandboxType };
  }
  if (sandboxType !== undefined && sandboxType !== chosen.sandboxType)
    throw new CrosspointError('bad_request', {
      detail: `This sandbox is of type "${chosen.sandboxType}". POST /api/threads/{id}/sandbox moves it.`,
    });
  return chosen === thread ? {} : { sandboxId: chosen.sandboxId, sandboxType: chosen.sandboxType };
}

async function messageParts(
  setup: AgentSetup,
  thread: ThreadRow,
  command: StartCommand,
  transcript: readonly Message[],
): Promise<UserPart[]> {
  const text: UserPart = { type: 'text', text: command.message };
  if (command.currentFile === undefined) return [text];
  const file = await openFilePart(setup, thread, command.currentFile, transcript);
  return file ? [text, file] : [text];
}

function userMessage(threadId: string, runId: string, parts: UserPart[]): Omit<Message, 'seq'> {
  const createdAt = new Date().toISOString();
  return { id: newId('message'), threadId, runId, role: 'user', parts, status: 'complete', createdAt };
}

export function startedEvent(thread: ThreadRow, runId: string, messageId: string): NewEvent {
  const model = modelName(thread.modelConfig);
  return { type: 'run.started', data: { runId, threadId: thread.id, messageId, model } };
}
