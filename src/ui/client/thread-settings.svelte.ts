import type { ModelConfig } from '#protocol/model.ts';
import type { ApprovalMode } from '#protocol/review.ts';
import type { ThreadSummary } from '#protocol/thread.ts';

/** What a person chose for a thread, as the server has it. */
export class ThreadSettings {
  title = $state('');
  modelConfig = $state<ModelConfig>({ provider: '', model: '' });
  approvalMode = $state<ApprovalMode>('ask');
  budgetUsd = $state<number | null>(null);
  /** What takes over, in this order, when the model fails for good. */
  fallbackModels = $state<ModelConfig[]>([]);
  /** Whether a run ends when another model answers than was asked. */
  pauseOnMismatch = $state(false);
  /** A run shortens a conversation that does not fit by itself. */
  autoCompact = $state(true);
  /** Writes those summaries; null: the model that the conversation does not fit. */
  compactionModel = $state.raw<ModelConfig | null>(null);
  /** Whom subagents ask; null: the default. */
  subagentModel = $state.raw<ModelConfig | null>(null);
  /** A request that was asked in the same words before is answered from the response cache. */
  cacheAnswers = $state(false);
  /** Models may write lazy edits, which Morph merges. */
  useMorph = $state(false);

  protected showSettings(summary: ThreadSummary): void {
    this.title = summary.title;
    this.modelConfig = summary.modelConfig;
    this.approvalMode = summary.approvalMode;
    this.budgetUsd = summary.budgetUsd;
    this.fallbackModels = summary.fallbackModels;
    this.pauseOnMismatch = summary.pauseOnMismatch;
    this.autoCompact = summary.autoCompact;
    this.compactionModel = summary.compactionModel;
    this.subagentModel = summary.subagentModel;
    this.cacheAnswers = summary.cacheAnswers;
    this.useMorph = summary.useMorph;
  }
}
