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
  contextTokens: number;
  contextWindow: number | null;
  fits: boolean;
  compaction?: { needed: boolean; why: string };
  firstTurnCostUsd?: number;
  cachedTurnCostUsd?: number;
  warnings: string[];
}
