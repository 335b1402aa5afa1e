import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import type { Message } from '#protocol/message.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { assertIdle } from '#server/store/assert-idle.ts';
import { commonSeq, cutPath, pathTo } from '#server/store/branch-path.ts';
import type { Path, RunRow, StoreTables, ThreadRow } from '#server/store/store.ts';
import { acceptOnce, claimKeys } from './accepted.ts';
import { workspaceNotice } from './branches.ts';
import { callsOf } from './handoff/tool-results.ts';
import { newId } from './ids.ts';
import type { AgentSetup } from './parts.ts';
import type { Runs } from './runs.ts';
import { startedEvent } from './start.ts';
import { rememberChoice, requireThread, resolveChoice, takeoverEvents } from './switch-model.ts';
import { ThreadMemory } from './thread-memory.ts';
import type { Accepted, AnswerAgainCommand } from './types.ts';

/** Where a new branch leaves what was written before. */
interface Fork {
  /** What the branch begins with. */
  path: Path;
  afterSeq: number;
  /** The person's message that is answered; null when there is none, in an imported conversation. */
  messageId: string | null;
}

/** Everything that a new branch writes, computed before the transaction. */
interface Plan {
  runId: string;
  thread: ThreadRow;
  fork: Fork;
  choice: ModelConfig | null;
  switched: NewEvent[];
}

/**
 * `POST /api/threads/{id}/answer-again`: a new branch right after a person's message or right before a model's answer, and
 * its run, are one transaction. The other answer stays; what ran before the branch stays and is not run again.
 * @throws `not_found`, `run_active`, `review_pending`, `idempotency_conflict`, and everything a model's name can be wrong with
 */
export async function answerAgain(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  command: AnswerAgainCommand,
): Promise<Accepted> {
  const thread = await requireThread(setup, userId, command.threadId);
  const choice = resolveChoice(setup, command);
  const modelConfig = choice ?? thread.modelConfig;
  if (!thread.fallbackModels.length) setup.models.assertUsable(modelConfig);
  const fork = await findFork(setup.store, thread.id, command.messageId);
  const memory = new ThreadMemory(thread.id, fork.path);
  const { instructions, skills } = runs.memories.of(thread.id);
  Object.assign(memory, { instructions, skills });
  const switched = await takeoverEvents(setup, thread, memory, modelConfig);
  const runId = newId('run');
  return acceptOnce(setup.store, async () => {
    const events: NewEvent[] = [];
    let run: RunRow | undefined;
    const stored = await setup.log.commit(thread.id, events, async (store) => {
      await claimKeys(store, userId, command, runId);
      run = await writeBranch(setup, store, { runId, thread, fork, choice, switched }, events);
    });
    setup.point('answer_again.committed');
    if (run) runs.launch(run);
    await rememberChoice(setup, choice);
    return { threadId: thread.id, runId, afterEventId: (stored[0]?.id ?? 1) - 1 };
  });
}

/** Its events are known when the branch has its number. */
async function writeBranch(
  setup: AgentSetup,
  store: StoreTables,
  { runId, thread, fork, choice, switched }: Plan,
  events: NewEvent[],
): Promise<RunRow> {
  await assertIdle(store, thread.id);
  const createdAt = new Date().toISOString();
  const left = pathTo(await store.branches.list(thread.id), await store.branches.active(thread.id));
  const { path, afterSeq, messageId } = fork;
  const parentId = path.at(-1)?.branch ?? 0;
  const branchId = await store.branches.add(thread.id, { parentId, afterSeq, createdAt });
  await store.threads.update(thread.userId, thread.id, {
    updatedAt: createdAt,
    ...(choice ? { modelConfig: choice } : {}),
  });
  const modelConfig = choice ?? thread.modelConfig;
  events.push(
    { type: 'thread.branched', data: { branchId, afterSeq, by: 'answer_again' } },
    startedEvent({ ...thread, modelConfig }, runId, messageId ?? ''),
    ...switched,
    ...(await workspaceNotice(setup, store, thread.id, left, commonSeq(left, path))),
  );
  return store.runs.start({
    id: runId,
    threadId: thread.id,
    userId: thread.userId,
    turnId: newId('turn'),
    messageId,
    createdAt,
  });
}

/** On whatever branch the message is. @throws `not_found`, `bad_request` */
async function findFork(store: StoreTables, threadId: string, messageId: string): Promise<Fork> {
  const place = await store.messages.place(threadId, messageId);
  if (!place) throw new CrosspointError('not_found', { what: 'message' });
  const path = cutPath(pathTo(await store.branches.list(threadId), place.branch), place.seq);
  const kept = beforeAnswer(await store.messages.list(threadId, { path }));
  const last = kept.at(-1);
  if (!last)
    throw new CrosspointError('bad_request', {
      detail: 'Nothing stands before this message that could be answered.',
    });
  const asked = kept.findLast((message) => message.role === 'user');
  return { path: cutPath(path, last.seq), afterSeq: last.seq, messageId: asked?.id ?? null };
}

/** What an answer in place of the last of these messages, or to it, is an answer to. */
function beforeAnswer(rows: Message[]): Message[] {
  const role = rows.at(-1)?.role;
  if (role === 'user') return rows;
  if (role === 'tool')
    throw new CrosspointError('bad_request', {
      detail: 'A result cannot be answered again. Name a message of yours, or an answer of a model.',
    });
  // An imported answer may be several messages; a request that ends with one is refused as an answer begun by the caller.
  const end = rows.findLastIndex((message, index) => index < rows.length - 1 && !isWholeAnswer(message));
  return rows.slice(0, end + 1);
}

function isWholeAnswer(message: Message): boolean {
  return message.role === 'assistant' && message.status === 'complete' && callsOf(message).length === 0;
}
