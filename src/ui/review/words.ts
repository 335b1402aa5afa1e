import type { ProposedCall } from '#protocol/review.ts';
import { shownName } from '#ui/client/blocks.ts';
import type { ReviewDraft } from '#ui/client/review-draft.svelte.ts';

const titles: Record<string, string> = {
  write_file: 'Proposed file',
  edit_file: 'Proposed change',
  run_terminal_command: 'Proposed command',
  execute_code: 'Proposed code',
  read_page: 'Page of the web to read',
};

export function titleOfReview(calls: readonly ProposedCall[]): string {
  const [first] = calls;
  if (calls.length === 1 && first) return titles[first.name] ?? `Use of ${shownName(first.name)}`;
  return `${calls.length} proposals`;
}

/** "2 approved, 1 rejected" */
export function summarizeChoices(draft: Pick<ReviewDraft, 'calls' | 'choiceOf'>): string {
  const choices = draft.calls.map((call) => draft.choiceOf(call)?.action);
  const approved = choices.filter((action) => action === 'approved').length;
  const rejected = choices.filter((action) => action === 'rejected').length;
  return [approved > 0 && `${approved} approved`, rejected > 0 && `${rejected} rejected`]
    .filter(Boolean)
    .join(', ');
}
