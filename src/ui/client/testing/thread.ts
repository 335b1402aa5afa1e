import type { ThreadEvent } from '#protocol/events.ts';
import type { ThreadView } from '#protocol/thread.ts';
import type { UsageEntry } from '#protocol/usage.ts';

/** A thread as the server gives it, with what a test wants to be different. */
export function threadView(more: Partial<ThreadView> = {}): ThreadView {
  return {
    id: 'thread-1',
    title: 'A thread',
    modelConfig: { provider: 'red', model: 'one' },
    approvalMode: 'ask',
    fallbackModels: [],
    pauseOnMismatch: false,
    autoCompact: true,
    compactionModel: null,
    subagentModel: null,
    cacheAnswers: false,
    budgetUsd: null,
    costUsd: 0,
    costComplete: true,
    useMorph: false,
    runStatus: null,
    activeRunId: null,
    createdAt: '2026-01-01T10:00:00.000Z',
    updatedAt: '2026-01-01T10:00:00.000Z',
    messages: [],
    toolCalls: [],
    notes: [],
    pendingReview: null,
    branchId: 0,
    forks: [],
    plan: [],
    compaction: null,
    contextTokens: null,
    contextWindow: null,
    lastEventId: 0,
    ...more,
  };
}

export function usage(more: Partial<UsageEntry> = {}): UsageEntry {
  return {
    provider: 'red',
    model: 'one',
    timestamp: '2026-01-01T10:00:00.000Z',
    inputTokens: 100,
    outputTokens: 10,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    costUsd: 0.5,
    estimated: false,
    cache: null,
    latencyMs: 1_000,
    ttftMs: 100,
    attempt: 1,
    route: 'direct',
    ...more,
  };
}

const hash = 'a'.repeat(64);
const diff = { path: 'a.js', before: 'a\n', after: 'b\n', added: 1, removed: 1, isNew: false };
const call = { id: 'call-1', name: 'edit_file', args: { path: 'a.js' }, hash, diff };

const receipt = {
  from: 'red/one',
  to: 'blue/two',
  kept: { messages: 2, toolCalls: 1, images: 0 },
  converted: [],
  dropped: [],
  contextTokens: 110,
  estimated: true,
  tokenizer: 'estimate',
  contextWindow: 1_000,
  fits: true,
  warnings: [],
};

/** A turn with reasoning, text in pieces, one reviewed edit, a switch and an end. */
export function recordedTurn(): ThreadEvent[] {
  const events: Omit<ThreadEvent, 'id'>[] = [
    {
      type: 'run.started',
      data: { runId: 'run-1', threadId: 'thread-1', messageId: 'user-1', model: 'red/one' },
    },
    { type: 'model.started', data: { requestedModel: 'red/one', attempt: 1 } },
    { type: 'reasoning.delta', data: { messageId: 'answer-1', text: 'Let me see.' } },
    { type: 'message.delta', data: { messageId: 'answer-1', text: 'I change ' } },
    { type: 'message.delta', data: { messageId: 'answer-1', text: 'one line.' } },
    { type: 'model.finished', data: { messageId: 'answer-1', usage: usage() } },
    {
      type: 'tool.proposed',
      data: { toolCallId: 'call-1', messageId: 'answer-1', name: 'edit_file', args: call.args, hash, diff },
    },
    {
      type: 'review.requested',
      data: {
        type: 'human_review',
        runId: 'run-1',
        message: 'Approve?',
        toolCalls: [call],
        currentState: { file: null, content: null, model: 'red/one' },
      },
    },
    { type: 'run.finished', data: { runId: 'run-1', status: 'awaiting_review' } },
    { type: 'run.started', data: { runId: 'run-2', threadId: 'thread-1', messageId: '', model: 'red/one' } },
    {
      type: 'review.decided',
      data: { decisions: [{ toolCallId: 'call-1', action: 'approved', by: 'user' }] },
    },
    { type: 'tool.started', data: { toolCallId: 'call-1', name: 'edit_file' } },
    { type: 'tool.output', data: { toolCallId: 'call-1', stream: 'stdout', text: 'changed\n' } },
    {
      type: 'tool.finished',
      data: { toolCallId: 'call-1', status: 'ok', summary: 'changed a.js', durationMs: 5 },
    },
    { type: 'model.switched', data: { from: 'red/one', to: 'blue/two', by: 'user', receipt } },
    { type: 'model.started', data: { requestedModel: 'blue/two', attempt: 1 } },
    { type: 'message.delta', data: { messageId: 'answer-2', text: 'Done.' } },
    {
      type: 'model.finished',
      data: { messageId: 'answer-2', usage: usage({ provider: 'blue', model: 'two', costUsd: null }) },
    },
    { type: 'run.finished', data: { runId: 'run-2', status: 'done', response: 'Done.' } },
  ];
  return events.map((event, index) => ({ ...event, id: index + 1 }) as ThreadEvent);
}
