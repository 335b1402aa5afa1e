import type { Approval, CallDecision, ProposedCall, ReviewRequest } from '#protocol/review.ts';
import { editableText, editedArguments } from './edited-arguments.ts';

export type Choice = { action: 'approved' } | { action: 'rejected'; reason: string };

/** What a person has chosen for each call of one review, before it is sent. A missing choice is not an answer. */
export class ReviewDraft {
  readonly calls: ProposedCall[];
  focused = $state(0);
  /** The call whose reason is being written. */
  rejecting = $state<string | null>(null);
  #choices = $state<Record<string, Choice>>({});
  #texts = $state<Record<string, string>>({});

  constructor(review: ReviewRequest) {
    this.calls = review.toolCalls;
  }

  choiceOf = (call: ProposedCall): Choice | undefined => this.#choices[call.id];
  isEditing = (call: ProposedCall) => this.#texts[call.id] !== undefined;
  textOf = (call: ProposedCall) => this.#texts[call.id] ?? editableText(call);
  isEdited = (call: ProposedCall) => this.isEditing(call) && this.textOf(call) !== editableText(call);

  get undecided(): ProposedCall[] {
    return this.calls.filter((call) => !this.#choices[call.id]);
  }
  get complete(): boolean {
    return this.undecided.length === 0;
  }
  get current(): ProposedCall | undefined {
    return this.calls[this.focused];
  }

  move(step: number): void {
    this.focused = Math.min(Math.max(this.focused + step, 0), this.calls.length - 1);
  }

  edit(call: ProposedCall): void {
    delete this.#choices[call.id];
    this.#texts[call.id] ??= editableText(call);
  }

  discardEdit(call: ProposedCall): void {
    delete this.#texts[call.id];
  }

  setText(call: ProposedCall, text: string): void {
    this.#texts[call.id] = text;
  }

  choose(call: ProposedCall, choice: Choice): void {
    this.#choices[call.id] = choice;
    this.rejecting = null;
    const next = this.calls.findIndex((other) => !this.#choices[other.id]);
    if (next !== -1) this.focused = next;
  }

  reopen(call: ProposedCall): void {
    delete this.#choices[call.id];
  }

  approveRest(): void {
    for (const call of this.undecided) this.#choices[call.id] = { action: 'approved' };
  }

  rejectRest(): void {
    for (const call of this.undecided) this.#choices[call.id] = { action: 'rejected', reason: '' };
  }

  /**
   * One decision a call, each bound to the hash of what was shown, and to the file where that had changed.
   * @throws SyntaxError when edited raw arguments are not a JSON object
   */
  toApproval(): Approval {
    return { decisions: this.calls.map((call) => this.#decisionOf(call)) };
  }

  #decisionOf(call: ProposedCall): CallDecision {
    const seen = call.stale ? { base: call.diff?.base ?? null } : {};
    const bound = { toolCallId: call.id, hash: call.hash, ...seen };
    const choice = this.#choices[call.id];
    if (choice?.action !== 'approved')
      return { ...bound, action: 'rejected', ...(choice?.reason ? { reason: choice.reason } : {}) };
    const args = this.isEdited(call) ? editedArguments(call, this.textOf(call)) : null;
    return args ? { ...bound, action: 'edit', args } : { ...bound, action: 'approved' };
  }
}
