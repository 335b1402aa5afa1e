import type { ContextParts } from '#protocol/context.ts';
import type { Compaction, CompactionMethod, CompactionScope } from '#protocol/compaction.ts';
import type { Approval, ApprovalMode, ReviewRequest } from '#protocol/review.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { SwitchReceipt } from '#protocol/receipt.ts';
import type { ThreadSummary, ThreadView } from '#protocol/thread.ts';
import type { UsageEntry } from '#protocol/usage.ts';

/** `POST /api/agent`, parsed (CONTRACT section 3). */
export interface StartCommand {
  message: string;
  threadId?: string;
  currentFile?: string;
  sandboxId?: string;
  sandboxType?: 'local' | 'e2b' | 'daytona';
  useMorph?: boolean;
  modelName?: string;
  modelConfig?: ModelConfig;
  clientMessageId?: string;
  idempotencyKey?: string;
  approvalMode?: ApprovalMode;
  fallbackModels?: FallbackModel[];
}

/** `POST /api/threads/{id}/answer-again`, parsed. */
export interface AnswerAgainCommand {
  threadId: string;
  /** A person's message, or an answer of a model. */
  messageId: string;
  modelName?: string;
  modelConfig?: ModelConfig;
  clientMessageId?: string;
  idempotencyKey?: string;
}

/** By its name, or as a whole. */
export type FallbackModel = string | ModelConfig;

/** `PUT /api/agent`, parsed. */
export interface DecideCommand {
  threadId: string;
  approval: Approval;
  newModelName?: string;
  /** The run that asked. With it, a late answer for all calls can never meet another review. */
  runId?: string;
}

/** Acknowledged: the message (or decision) is committed. Events of the run follow `afterEventId`. */
export interface Accepted {
  threadId: string;
  runId: string;
  afterEventId: number;
}

export type RunAnswer =
  | {
      threadId: string;
      runId: string;
      response: string;
      state: {
        currentFile: string | null;
        sandboxId: string;
        awaitingHumanInput: boolean;
        modelUsed: string;
      };
      usage: UsageEntry[];
    }
  | { interrupt: true; threadId: string; runId: string; data: ReviewRequest };

export interface ThreadChange {
  title?: string;
  modelName?: string;
  modelConfig?: ModelConfig;
  approvalMode?: ApprovalMode;
  budgetUsd?: number | null;
  fallbackModels?: FallbackModel[];
  pauseOnMismatch?: boolean;
  autoCompact?: boolean;
  cacheAnswers?: boolean;
  useMorph?: boolean;
  /** null: the default. */
  compactionModel?: FallbackModel | null;
  /** null: the default. */
  subagentModel?: FallbackModel | null;
  branchId?: number;
}

/** `POST /api/threads/{id}/compact`, parsed. */
export interface CompactCommand {
  /** Who writes it. */
  modelName?: string | undefined;
  modelConfig?: ModelConfig | undefined;
  /** Whose window it is for; absent: the thread's model. */
  forModelName?: string | undefined;
  forModelConfig?: ModelConfig | undefined;
  /** Absent: a summary, and an outline when its writer fails. */
  method?: CompactionMethod | undefined;
  /** Absent: `when_needed` when the conversation does not fit, else `always`. */
  scope?: CompactionScope | undefined;
}

/** What the HTTP layer calls. Every function filters by user: another user's object is `not_found`. */
export interface AgentService {
  start(userId: string, command: StartCommand): Promise<Accepted>;
  decide(userId: string, command: DecideCommand): Promise<Accepted>;
  answerAgain(userId: string, command: AnswerAgainCommand): Promise<Accepted>;
  /** Resolves when the run has ended or waits for a review; throws the run's typed error. */
  answer(userId: string, runId: string): Promise<RunAnswer>;
  /** Stops a running run (partial text is kept) or closes a pending review. */
  cancel(userId: string, threadId: string): Promise<{ cancelled: boolean }>;
  listThreads(userId: string): Promise<ThreadSummary[]>;
  getThread(userId: string, threadId: string): Promise<ThreadView>;
  /** What the request of the thread's model would be spent on now. */
  getContext(userId: string, threadId: string): Promise<ContextParts>;
  /** A changed model is a switch: recorded as `model.switched` with its receipt; applies from the next request. */
  updateThread(userId: string, threadId: string, change: ThreadChange): Promise<ThreadSummary>;
  deleteThread(userId: string, threadId: string): Promise<void>;
  previewSwitch(
    userId: string,
    threadId: string,
    to: { modelName?: string; modelConfig?: ModelConfig },
  ): Promise<SwitchReceipt>;
  /** Makes and records a shorter form of the conversation for models that it does not fit, or for all. */
  compact(userId: string, threadId: string, command: CompactCommand): Promise<Compaction>;
  /** Goes on before a person's message, on a new branch. @returns its number */
  rewindConversation(userId: string, threadId: string, messageId: string): Promise<number>;
  /** A person's text in place of the newest one's. */
  editCompaction(userId: string, threadId: string, text: string): Promise<Compaction>;
  /** Takes the newest one away. */
  removeCompaction(userId: string, threadId: string): Promise<{ removed: string }>;
  /** Ends what a dead process left open as `interrupted`; started calls without a result become `outcome_unknown`. Once, at start. */
  recover(): Promise<void>;
  /** Ends running runs as `interrupted` for a clean shutdown. */
  close(): Promise<void>;
}
