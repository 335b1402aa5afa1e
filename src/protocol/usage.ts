/** One upstream attempt as the ledger keeps it and the API shows it (CONTRACT section 3). */
export interface UsageEntry {
  provider: string;
  /** The requested model. */
  model: string;
  /** What the response says served it, when it says so. */
  servedModel?: string;
  /** ISO 8601 */
  timestamp: string;
  /** All input tokens, cached ones included. */
  inputTokens: number;
  /** All output tokens, reasoning included. */
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** null when the price is unknown: never 0 for unknown. */
  costUsd: number | null;
  /** true when the provider reported no usage and the numbers are counted by us. */
  estimated: boolean;
  cache: 'HIT' | 'MISS' | null;
  latencyMs: number;
  /** null when nothing was received. */
  ttftMs: number | null;
  /** 1 for the first attempt of a request. */
  attempt: number;
  /** `direct`, `helicone-proxy`, `helicone-gateway` or `embedded` (the demo). */
  route: string;
}
