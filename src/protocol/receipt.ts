import type { NeededCompaction } from './compaction.ts';

export interface ReceiptLine {
  what: string;
  count: number;
  why: string;
}

/** What a switch keeps, converts and loses (CONTRACT section 5). Shown before it, stored after it. */
export interface SwitchReceipt {
  from: string;
  to: string;
  kept: { messages: number; toolCalls: number; images: number };
  converted: ReceiptLine[];
  dropped: ReceiptLine[];
  /** Of the request as it would be sent: of the shorter form of the conversation where that is what the model gets. */
  contextTokens: number;
  /** The tokens are counted by rule of thumb, corrected by what the model's provider reported before. */
  estimated: boolean;
  /** What counted them: `o200k_base`, or `estimate`. */
  tokenizer: string;
  contextWindow: number | null;
  /** The whole conversation does, or the form of it that every model gets. */
  fits: boolean;
  /** With `fits: false`. */
  compaction?: NeededCompaction;
  firstTurnCostUsd?: number;
  cachedTurnCostUsd?: number;
  warnings: string[];
}
