import type { Compaction } from './compaction.ts';
import type { ToolResultStatus } from './message.ts';
import type { ModelConfig } from './model.ts';
import type { SwitchReceipt } from './receipt.ts';
import type { ReviewRequest, FileDiff } from './review.ts';
import type { UsageEntry } from './usage.ts';
import type { SubagentRun } from './subagent.ts';
import type { WebProvenance } from './web.ts';
import type { SandboxType, StepChanges } from './workspace.ts';

/** Every event of a thread's stream, by type (CONTRACT section 4). Stored first, then sent. */
export interface EventData {
  'run.started': { runId: string; threadId: string; messageId: string; model: string };
  'model.started': { requestedModel: string; attempt: number };
  'message.delta': { messageId: string; text: string };
  'reasoning.delta': { messageId: string; text: string };
  'tool.proposed': {
    toolCallId: string;
    name: string;
    args: Record<string, unknown>;
    hash: string;
    diff?: FileDiff;
    messageId: string;
  };
  'review.requested': ReviewRequest & { runId: string };
  'review.decided': {
    decisions: { toolCallId: string; action: string; by: 'user' | 'mode' | 'rule'; reason?: string }[];
    model?: string;
  };
  'tool.started': { toolCallId: string; name: string };
  'tool.output': { toolCallId: string; stream: 'stdout' | 'stderr'; text: string };
  'tool.finished': {
    toolCallId: string;
    status: ToolResultStatus;
    summary: string;
    exitCode?: number;
    durationMs: number;
    /** Of a call that looked something up on the web. */
    web?: WebProvenance;
    /** Of a call that sent a subagent. */
    subagent?: SubagentRun;
  };
  'model.switched': {
    from: string;
    to: string;
    by: 'user' | 'failover' | 'rule';
    reason?: string;
    /** Of a failover: what going back restores, with its settings. */
    fromConfig?: ModelConfig;
    receipt: SwitchReceipt;
    /** ISO 8601, for display only. */
    at?: string;
  };
  /** From the next request on, models that it is meant for get the shorter form. Also after a person edited it. */
  'context.compacted': { compaction: Compaction };
  /** It was taken away: models get what it stood for again. */
  'context.restored': { compactionId: string };
  /**
   * The thread goes on elsewhere: what stands after `afterSeq` is replaced by what `branchId` holds. `answer_again`: by a new
   * branch, whose run begins with the next event. `rewind`: by a new one, which waits for a message. `move`: by one that was
   * there before.
   */
  'thread.branched': { branchId: number; afterSeq: number; by: 'answer_again' | 'move' | 'rewind' };
  /** What an approved call changed in the files. */
  'workspace.changed': StepChanges & { runId: string };
  /** Files were taken back, or a rewind was. */
  'workspace.rewound': { rewindId: string; files: number };
  /** The sandbox was lost, and a new one stands in its place, with the files as they were last saved. */
  'sandbox.restored': {
    generation: number;
    /** ISO 8601; null: nothing had been saved. */
    snapshotAt: string | null;
    /** What is not there any more, a sentence each. */
    lost: string[];
  };
  'sandbox.moved': { from: SandboxType; to: SandboxType };
  'model.finished': { messageId: string; usage: UsageEntry };
  retrying: { attempt: number; afterMs: number; reason: string; model: string };
  notice: { code: string; message: string };
  'run.finished': {
    runId: string;
    status: 'done' | 'awaiting_review' | 'cancelled' | 'interrupted' | 'error';
    response?: string;
    error?: string;
    code?: string;
  };
}

export type EventType = keyof EventData;

/** One stored event; `id` is strictly increasing within its thread, without gaps. */
export type ThreadEvent = {
  [Type in EventType]: { id: number; type: Type; data: EventData[Type] };
}[EventType];

export type NewEvent = { [Type in EventType]: { type: Type; data: EventData[Type] } }[EventType];
