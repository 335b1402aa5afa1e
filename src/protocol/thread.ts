import type { Message } from './message.ts';
import type { ModelConfig } from './model.ts';
import type { ApprovalMode, ReviewRequest } from './review.ts';
import type { UsageEntry } from './usage.ts';

export type RunStatus = 'running' | 'awaiting_review' | 'done' | 'cancelled' | 'interrupted' | 'error';

export interface ThreadSummary {
  id: string;
  title: string;
  modelConfig: ModelConfig;
  approvalMode: ApprovalMode;
  /** What takes over, in this order, when the model fails for good; empty when nothing may. */
  fallbackModels: ModelConfig[];
  /** Ends a run after an answer that another model gave than was asked. */
  pauseOnMismatch: boolean;
  /** A person's limit for the thread; null means none. */
  budgetUsd: number | null;
  /** Sum of the known costs; `costComplete` is false when some price was unknown. */
  costUsd: number;
  costComplete: boolean;
  runStatus: RunStatus | null;
  activeRunId: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A tool call as the timeline shows it. */
export interface ToolCallView {
  toolCallId: string;
  messageId: string;
  name: string;
  args: string;
  hash: string;
  state: 'proposed' | 'decided' | 'running' | 'finished';
  decision?: { action: string; by: 'user' | 'mode' | 'rule'; reason?: string };
  status?: string;
  summary?: string;
  exitCode?: number;
  durationMs?: number;
}

export interface ThreadMessageView extends Message {
  usage?: UsageEntry;
}

/** `GET /api/threads/{id}`. `lastEventId` is where a reader continues with `/events?after=`. */
export interface ThreadView extends ThreadSummary {
  messages: ThreadMessageView[];
  toolCalls: ToolCallView[];
  /** `model.switched` and other lines of the timeline that are not messages: stored events, oldest first. */
  notes: { eventId: number; type: string; data: Record<string, unknown>; afterSeq: number }[];
  pendingReview: (ReviewRequest & { runId: string }) | null;
  contextTokens: number | null;
  contextWindow: number | null;
  lastEventId: number;
  /**
   * Of an active run: the id before its first event. Who reads from here hears the answer that is being written from its
   * beginning; what is already in this view comes again.
   */
  replayAfter?: number;
}
