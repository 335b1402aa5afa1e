import type { Compaction } from '#protocol/compaction.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { CompactionRow, StoreTables, ThreadRow } from '#server/store/store.ts';
import { contextFor } from './context.ts';
import { draftCompaction, draftEvents, shownCompaction, sizeOf } from './draft-compaction.ts';
import { newestOn } from './handoff/compaction.ts';
import { newId } from './ids.ts';
import { modelName } from './model-request.ts';
import type { AgentSetup } from './parts.ts';
import type { Runs } from './runs.ts';
import { requireThread, resolveChoice } from './switch-model.ts';
import type { ThreadMemory } from './thread-memory.ts';
import type { CompactCommand } from './types.ts';

/**
 * Makes a shorter form of a thread's conversation and records it: the row and its event are one transaction, so a crash
 * before it leaves nothing. The transcript stays as it is.
 * @throws `run_active`, `compaction_active`, `compaction_stopped`, and what `draftCompaction` throws
 */
export async function compactThread(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
  command: CompactCommand,
): Promise<Compaction> {
  const thread = await requireThread(setup, userId, threadId);
  const { forModelName, forModelConfig, method, scope } = command;
  const writer = resolveChoice(setup, command);
  const forConfig = resolveChoice(setup, { modelName: forModelName, modelConfig: forModelConfig });
  await assertNotRunning(setup, threadId);
  const memory = runs.memories.of(threadId);
  return alone(memory, async (signal) => {
    await memory.refresh(setup.store);
    await setup.tokens.load();
    const usedFor = forConfig ?? thread.modelConfig;
    await setup.tokens.prepare(setup.models.target(usedFor));
    const before = newestOn(memory.transcript, memory.compactions);
    const draft = await draftCompaction(setup, {
      thread,
      memory,
      forConfig: usedFor,
      writer: writer ?? thread.compactionModel ?? thread.modelConfig,
      method: method ?? null,
      scope: scope ?? null,
      by: 'user',
      wasRefused: false,
      runId: null,
      signal,
    });
    setup.point('compaction.before_commit');
    await setup.log.commit(threadId, draftEvents(draft), async (store) => {
      const newest = (await store.compactions.list(threadId)).at(-1);
      if (newest && newest.id !== before?.id && !memory.compactions.some(({ id }) => id === newest.id))
        throw new CrosspointError('compaction_active');
      await store.compactions.append(draft.row);
    });
    setup.point('compaction.committed');
    return shownCompaction(draft.row);
  });
}

/** One at a time for each thread; a stop of the thread ends it. */
async function alone<Result>(
  memory: ThreadMemory,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (memory.compacting) throw new CrosspointError('compaction_active');
  const controller = new AbortController();
  memory.compacting = controller;
  try {
    return await work(controller.signal);
  } catch (cause) {
    if (controller.signal.aborted) throw new CrosspointError('compaction_stopped', {}, { cause });
    throw cause;
  } finally {
    memory.compacting = null;
  }
}

/** `PATCH /api/threads/{id}/compaction`: the person's text in place of the newest one's, as a row of its own. */
export async function editCompaction(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
  text: string,
): Promise<Compaction> {
  const { thread, memory, newest } = await newestOf(setup, runs, userId, threadId);
  await setup.tokens.load();
  const row = editedRow(setup, thread, memory, newest, text);
  await setup.log.commit(
    threadId,
    [{ type: 'context.compacted', data: { compaction: shownCompaction(row) } }],
    async (store) => {
      await takeAway(store, newest);
      await store.compactions.append(row);
    },
  );
  return shownCompaction(row);
}

/** @throws `compaction_did_not_shrink` when the model that it is for has no room for the text */
function editedRow(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  newest: CompactionRow,
  text: string,
): CompactionRow {
  const config = newest.forModel === null ? thread.modelConfig : setup.models.resolveName(newest.forModel);
  const context = contextFor(setup, thread, memory, config, {
    transcript: memory.transcript,
    project: memory.preview,
  });
  const createdAt = new Date().toISOString();
  const made = { method: 'summary' as const, by: 'user' as const, writtenBy: null, costUsd: 0 };
  const row: CompactionRow = { ...newest, ...made, id: newId('compaction'), text, createdAt };
  row.tokensAfter = sizeOf(setup, context, memory.transcript, row);
  if (row.tokensAfter <= context.room) return row;
  const why = `with this text it would have about ${row.tokensAfter} tokens, and ${Math.max(0, context.room)} are free beside the answer.`;
  throw new CrosspointError('compaction_did_not_shrink', { model: modelName(config), why });
}

/** `DELETE /api/threads/{id}/compaction`: the newest one counts no more; the one before it does, where there is one. */
export async function removeCompaction(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<{ removed: string }> {
  const { newest } = await newestOf(setup, runs, userId, threadId);
  await setup.log.commit(
    threadId,
    [{ type: 'context.restored', data: { compactionId: newest.id } }],
    (store) => takeAway(store, newest),
  );
  return { removed: newest.id };
}

async function takeAway(store: StoreTables, { threadId, id }: CompactionRow): Promise<void> {
  if (!(await store.compactions.remove(threadId, id, new Date().toISOString())))
    throw new CrosspointError('not_found', { what: 'compaction' });
}

async function newestOf(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<{ thread: ThreadRow; memory: ThreadMemory; newest: CompactionRow }> {
  const thread = await requireThread(setup, userId, threadId);
  await assertNotRunning(setup, threadId);
  const memory = runs.memories.of(threadId);
  if (memory.compacting) throw new CrosspointError('compaction_active');
  await memory.refresh(setup.store);
  const newest = newestOn(memory.transcript, memory.compactions);
  if (!newest) throw new CrosspointError('not_found', { what: 'compaction' });
  return { thread, memory, newest };
}

/** What a run sends must not change under it. A review that waits is no obstacle: nothing of it is left out. */
async function assertNotRunning(setup: AgentSetup, threadId: string): Promise<void> {
  const latest = await setup.store.runs.latest(threadId);
  if (latest?.status === 'running') throw new CrosspointError('run_active');
}
