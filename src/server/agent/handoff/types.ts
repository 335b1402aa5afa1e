import type { Message } from '#protocol/message.ts';
import type { ReceiptLine } from '#protocol/receipt.ts';
import type { PromptMessage, Target } from '#server/gateway/types.ts';

/** What a projection did; a receipt is made of it. */
export interface ProjectionReport {
  kept: { messages: number; toolCalls: number; images: number };
  converted: ReceiptLine[];
  dropped: ReceiptLine[];
}

export interface Projection {
  messages: PromptMessage[];
  /** Inside a tool loop that began under another model, where the target demands its own thinking first. */
  suppressReasoning: boolean;
  /** How many results of tools are not shown in full: as they are old, or stand above already. */
  results: { shortened: number; repeated: number };
  report: ProjectionReport;
}

/** Pure: canonical transcript → what this exact target may see. Never changes `transcript`. Applied to each request. */
export type Project = (
  transcript: readonly Message[],
  target: Target,
  /** The last message whose seals the target refused to take back: theirs and those before stay out. Default: none. */
  refusedThroughSeq?: number,
) => Projection;
