import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '#protocol/events.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Message } from '#protocol/message.ts';
import type { StoreTables, ThreadRow, ToolCallRow } from '#server/store/store.ts';
import { openFileOf } from './initial-state.ts';
import type { AgentSetup } from './parts.ts';
import { reviewRequest } from './review-request.ts';
import { textOf } from './stream-answer.ts';
import { closingResults, finishedEvent, writeResult, type Ending } from './tool-results.ts';
import type { Turn } from './turn.ts';

export type RunEnd =
  | { status: 'done' | 'awaiting_review' | 'cancelled' }
  | { status: 'error' | 'interrupted'; code: string; error: string };

/** Milliseconds between the attempts to write a run's end: a run whose end is not written blocks its thread. */
const retryDelays = [100, 1_000, 5_000];

/**
 * Writes the one terminal event of a run, in one transaction with everything that must be true by then: no open call
 * without a result, the run's row closed. False when it could not be written; recovery then ends the run at next start.
 */
export async function finishRun(setup: AgentSetup, turn: Turn, end: RunEnd): Promise<boolean> {
  for (const delay of [0, ...retryDelays]) {
    await sleep(delay);
    try {
      await commitEnd(setup, turn, end);
      return true;
    } catch (cause) {
      setup.logger.error({ runId: turn.run.id, threadId: turn.threadId, cause }, 'a run could not be ended');
      // Another run holds the thread: it is no longer ours to end.
      if (cause instanceof CrosspointError && cause.code === 'interrupted') return false;
    }
  }
  return false;
}

async function commitEnd(setup: AgentSetup, turn: Turn, end: RunEnd): Promise<void> {
  const { run, threadId } = turn;
  const thread = await turn.thread();
  const transcript = await turn.memory.refresh(setup.store);
  const open = await setup.store.toolCalls.list(threadId, { turnId: run.turnId, open: true });
  const reviewed = end.status === 'awaiting_review';
  const closing = reviewed ? [] : closingResults(open, run.id, endingOf(end));
  const events: NewEvent[] = [
    ...closing.map(finishedEvent),
    ...(reviewed ? [reviewEvent(turn, thread, open, transcript)] : []),
    finishedRunEvent(run.id, end, responseOf(transcript, run.id)),
  ];
  await turn.commit(events, async (store) => {
    for (const result of closing) await writeResult(store, result);
    await closeRun(store, run.id, end);
    await touchThread(store, thread);
  });
}

function reviewEvent(
  turn: Turn,
  thread: ThreadRow,
  open: readonly ToolCallRow[],
  transcript: readonly Message[],
): NewEvent {
  const pending = open.filter((call) => call.state === 'proposed');
  const request = reviewRequest(thread, pending, turn.diffs, openFileOf(transcript, thread.currentFile));
  return { type: 'review.requested', data: { ...request, runId: turn.run.id } };
}

export function finishedRunEvent(runId: string, end: RunEnd, response: string): NewEvent {
  const failure = 'code' in end ? { error: end.error, code: end.code } : {};
  const text = end.status === 'awaiting_review' || response === '' ? {} : { response };
  return { type: 'run.finished', data: { runId, status: end.status, ...text, ...failure } };
}

export async function closeRun(store: StoreTables, runId: string, end: RunEnd): Promise<void> {
  const failure = 'code' in end ? { error: end.error, code: end.code } : {};
  await store.runs.finish(runId, { status: end.status, ...failure, finishedAt: new Date().toISOString() });
}

async function touchThread(store: StoreTables, thread: ThreadRow): Promise<void> {
  await store.threads.update(thread.userId, thread.id, { updatedAt: new Date().toISOString() });
}

/** The text of the last answer that the run wrote, after what a model that failed had written of the same answer. */
export function responseOf(transcript: readonly Message[], runId: string): string {
  const end = transcript.findLastIndex((message) => isAnswerOf(message, runId));
  const start = transcript.findLastIndex(
    (message, index) => index < end && !(isAnswerOf(message, runId) && message.status === 'partial'),
  );
  const texts = transcript.slice(start + 1, end + 1).map(({ parts }) => textOf(parts));
  return texts.filter((text) => text !== '').join('\n\n');
}

function isAnswerOf({ role, runId: writer }: Message, runId: string): boolean {
  return role === 'assistant' && writer === runId;
}

function endingOf(end: RunEnd): Ending {
  if ('code' in end && end.code === 'served_model_differs') return 'paused';
  if (end.status === 'cancelled' || end.status === 'interrupted') return end.status;
  return 'error';
}
