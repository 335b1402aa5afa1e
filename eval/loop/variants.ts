import type { ApprovalMode } from '#protocol/review.ts';
import type { Format } from './oracle.ts';

/** One way through the same exercise. */
export interface Variant {
  name: string;
  format: Format;
  approvalMode: ApprovalMode;
  /** What the person does at the first review; at all others they approve. */
  first: 'approve' | 'reject' | 'hand-over';
}

export const variants: readonly Variant[] = [
  { name: 'exact, reviewed', format: 'edits', approvalMode: 'ask', first: 'approve' },
  { name: 'exact, handed over', format: 'edits', approvalMode: 'ask', first: 'hand-over' },
  { name: 'V4A patch, rejected once', format: 'v4a', approvalMode: 'ask', first: 'reject' },
  { name: 'unified diff, edits pass', format: 'unified', approvalMode: 'auto-edit', first: 'approve' },
  { name: 'whole files, reviewed', format: 'whole', approvalMode: 'ask', first: 'approve' },
  { name: 'shifted text, unreviewed', format: 'shifted', approvalMode: 'auto', first: 'approve' },
];
