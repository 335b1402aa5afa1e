/**
 * Reports over the ledger. All take `from` and `to` (ISO dates in UTC, both included) and the filters `model`
 * (`provider/model`), `provider`, `key` (an id, or `none`), `user`, `session`, `thread`, `property` (`name:value`).
 */

export type UsageGrouping =
  'model' | 'provider' | 'thread' | 'day' | 'key' | 'user' | 'session' | `property:${string}`;

/** Sums over attempts. Cached answers of the gateway are counted apart: they cost nothing and use no tokens. */
export interface UsageTotals {
  /** Attempts that reached for a provider. */
  requests: number;
  /** Of these: ended by a failure. */
  failed: number;
  /** Of these: given up by the caller. */
  aborted: number;
  /** Cached ones included. */
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** USD: sum of the known costs. */
  costUsd: number;
  /** Attempts whose price is unknown. */
  unpriced: number;
  /** Attempts whose tokens we counted ourselves: shown with "about". */
  estimated: number;
  /** Answers from the gateway's own cache, and what they would have cost as far as that is known. */
  cacheHits: number;
  savedUsd: number;
}

/** `GET /api/usage/timeline`: days without any are left out. */
export interface TimelineAnswer {
  from: string;
  to: string;
  days: TimelineDay[];
}

/** One model on one day. Fresh input is `inputTokens` less `cacheReadTokens` and `cacheWriteTokens`. */
export interface TimelineDay extends UsageTotals {
  /** ISO date in UTC. */
  day: string;
  provider: string;
  model: string;
}

/** `GET /api/usage/performance`: how fast and how reliable, by model and by provider. */
export interface PerformanceAnswer {
  from: string;
  to: string;
  models: Performance[];
  providers: Performance[];
}

export interface Performance {
  provider: string;
  /** null: all of the provider's. */
  model: string | null;
  requests: number;
  failed: number;
  aborted: number;
  /** Failures among those that were not given up by the caller; null when there is none. */
  errorRate: number | null;
  /** Of answers that came whole. Each figure is within 1 % of the exact one; null when there is none. */
  latencyMs: Percentiles | null;
  /** To the first token of streamed answers. */
  ttftMs: Percentiles | null;
  /** Output tokens a second, from the first token to the last. */
  tokensPerSecond: number | null;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  /** How many answers it is told from. */
  count: number;
}
