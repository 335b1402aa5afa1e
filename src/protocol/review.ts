import type { ModelConfig } from './model.ts';

/** A unified diff of one file, computed against the file as it is now, for the review card. */
export interface FileDiff {
  path: string;
  before: string;
  after: string;
  added: number;
  removed: number;
  isNew: boolean;
  /** SHA-256, hex, of the file that it begins with; absent: there was none. */
  base?: string;
  /** What the change would break, a sentence each. */
  warnings?: string[];
}

export interface ProposedCall {
  id: string;
  name: string;
  /** The parsed arguments, for display. What runs is the text whose SHA-256 is `hash`. */
  args: Record<string, unknown>;
  /** SHA-256, hex, of the canonical JSON text of the arguments. A decision must name it. */
  hash: string;
  diff?: FileDiff;
  /** The file was changed since this was proposed: a sentence that says so. `diff` is then as it would be now. */
  stale?: string;
}

/** The `data` of an interrupt and of `review.requested` (CONTRACT sections 3 and 4). */
export interface ReviewRequest {
  type: 'human_review';
  message: string;
  toolCalls: ProposedCall[];
  currentState: { file: string | null; content: string | null; model: string };
}

export type ApprovalMode = 'ask' | 'auto-edit' | 'auto';

export type DecisionAction = 'approved' | 'rejected' | 'edit';

export interface CallDecision {
  toolCallId: string;
  hash: string;
  /** `diff.base` of what was shown, null for a file that was not there. Absent: as it was when the call was proposed. */
  base?: string | null;
  action: DecisionAction;
  /** With `edit`: run the call with these arguments instead. */
  args?: Record<string, unknown>;
  /** With `edit` and no `args`: run nothing, give these words to the model. */
  edits?: string;
  reason?: string;
}

/** The body of `PUT /api/agent`, `approval`: one answer for all pending calls, or one by one. */
export type Approval =
  | {
      action: DecisionAction | 'change_model';
      edits?: string;
      newModelConfig?: ModelConfig;
      reason?: string;
    }
  | { decisions: CallDecision[]; newModelConfig?: ModelConfig };
