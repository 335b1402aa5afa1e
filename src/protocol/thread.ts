import type { CompactionView } from './compaction.ts';
import type { Message } from './message.ts';
import type { ModelConfig } from './model.ts';
import type { PlanItem } from './plan.ts';
import type { ApprovalMode, ReviewRequest } from './review.ts';
import type { UsageEntry } from './usage.ts';
import type { FileChange } from './workspace.ts';

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
  /** A run whose conversation does not fit its model shortens it by itself, once, instead of ending. */
  autoCompact: boolean;
  /** Writes the summaries of `autoCompact`; null: the model that the conversation does not fit. */
  compactionModel: ModelConfig | null;
  /** Whom subagents ask; null: the cheapest model of the same provider that can call tools, or the thread's own. */
  subagentModel: ModelConfig | null;
  /** A request that was asked in the same words before is answered from the response cache. */
  cacheAnswers: boolean;
  /** Models may write lazy edits, which Morph merges; where it is not configured this changes nothing. */
  useMorph: boolean;
  /** A person's limit for the thread; null means none. */
  budgetUsd: number | null;
  /** Sum of the known costs; `costComplete` is false when some price was unknown. */
  costUsd: number;
  costComplete: boolean;
  runStatus: RunStatus | null;
  activeRunId: string | null;
  /** The branch that the next message goes to. */
  branchId: number;
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
  /** What it changed in the files; absent: nothing, or nothing that was recorded. */
  files?: FileChange[];
  /** It was taken back whole. */
  undone?: boolean;
}

/** A place where the thread goes on in more than one way. */
export interface Fork {
  /** Everything up to this message is the same for all of them; 0 when nothing is. */
  afterSeq: number;
  /** In the order of their creation; `PATCH` with one of them moves there. */
  branchIds: number[];
  /** The one that is shown, as an index of `branchIds`. */
  active: number;
}

export interface ThreadMessageView extends Message {
  usage?: UsageEntry;
}

/**
 * `GET /api/threads/{id}`: messages, calls and notes of the active branch and of what it began with. `lastEventId` is where a
 * reader continues with `/events?after=`.
 */
export interface ThreadView extends ThreadSummary {
  /** On the way to the end of the active branch. */
  forks: Fork[];
  messages: ThreadMessageView[];
  toolCalls: ToolCallView[];
  /** `model.switched`, `context.compacted` and other lines of the timeline that are not messages: stored events, oldest first. */
  notes: { eventId: number; type: string; data: Record<string, unknown>; afterSeq: number }[];
  pendingReview: (ReviewRequest & { runId: string }) | null;
  /** The agent's list of steps, as the active branch says it last; empty when there is none. */
  plan: PlanItem[];
  /** The newest shorter form of the beginning; null when there is none. */
  compaction: CompactionView | null;
  contextTokens: number | null;
  contextWindow: number | null;
  lastEventId: number;
  /**
   * Of an active run: the id before its first event. Who reads from here hears the answer that is being written from its
   * beginning; what is already in this view comes again.
   */
  replayAfter?: number;
}
