import type { RequestStatus, RequestStory, RequestSummary } from '#protocol/requests.ts';
import type { PerformanceAnswer, TimelineDay, UsageGrouping, UsageTotals } from '#protocol/usage-reports.ts';
import type { UsageEntry } from '#protocol/usage.ts';

/** The ledger: what is written of each attempt at a model, and what is read of it. */

export interface LedgerRow extends UsageEntry {
  id: string;
  requestId: string;
  userId: string;
  threadId: string | null;
  runId: string | null;
  messageId: string | null;
  status: 'reserved' | 'settled' | 'failed' | 'aborted';
  errorCode: string | null;
  /** The provider's own words or ours, without secrets. */
  errorDetail?: string | null;
  httpStatus: number | null;
  finishReason: string | null;
}

/** Who an attempt is for, beside user, thread and run. */
export interface LedgerFacts {
  /** null: CROSSPOINT_API_TOKEN, or the agent itself. */
  keyId: string | null;
  /** `/v1/chat/completions` …; null for the agent. */
  path: string | null;
  /** Which endpoint and key of the provider. */
  endpoint: string | null;
  endUser: string | null;
  session: { id?: string; path?: string; name?: string };
  properties: Record<string, string>;
}

type AttemptStart = 'id' | 'requestId' | 'userId' | 'threadId' | 'runId' | 'provider' | 'model' | 'timestamp';

/** An attempt that is about to be sent. */
export type NewAttempt = Pick<LedgerRow, AttemptStart | 'attempt' | 'route'> & Partial<LedgerFacts>;

/** An answer from the gateway's own cache: nobody was asked, nothing was used. */
export type CacheHit = Pick<LedgerRow, AttemptStart | 'latencyMs'> &
  Partial<LedgerFacts> & {
    /** What the answer would have cost; null when its price is unknown. */
    savedUsd: number | null;
  };

export interface LedgerStore {
  /** Before sending: one row per upstream attempt (I5). */
  reserve(row: NewAttempt): Promise<void>;
  settle(id: string, result: Partial<Omit<LedgerRow, 'id' | 'requestId' | 'userId'>>): Promise<void>;
  /** A row of its own kind: route `cache`, no tokens, cost 0. */
  recordHit(hit: CacheHit): Promise<void>;
  /** Rows left `reserved` by a dead process become `aborted`, estimated, cost null. */
  reclaim(): Promise<number>;
  list(userId: string, filter?: { threadId?: string; runId?: string; limit?: number }): Promise<LedgerRow[]>;
  /** Known cost of a thread in USD, and whether some row had no price. */
  threadCost(threadId: string): Promise<{ costUsd: number; complete: boolean }>;
}

/** What reports and lists look at. Absent means all. */
export interface LedgerFilter {
  provider?: string;
  /** With `provider`. */
  model?: string;
  /** null: what came without a minted key. */
  keyId?: string | null;
  endUser?: string;
  sessionId?: string;
  threadId?: string;
  property?: { name: string; value: string };
  /** ISO dates in UTC, both included. */
  from?: string;
  to?: string;
}

export interface RequestFilter extends LedgerFilter {
  status?: RequestStatus;
  /** Text within the code or the words of an error. */
  error?: string;
}

/** The ledger as people read it. */
export interface UsageStore {
  /** Brings the sums up to date, which reports read: from time to time, so that the next report need not. */
  fold(): Promise<void>;
  groupBy(userId: string, by: UsageGrouping, filter?: LedgerFilter): Promise<UsageGroup[]>;
  timeline(userId: string, filter?: LedgerFilter): Promise<TimelineDay[]>;
  performance(
    userId: string,
    filter?: LedgerFilter,
  ): Promise<Pick<PerformanceAnswer, 'models' | 'providers'>>;
  /** What served each model, as the answers said; `key` as in `groupBy` by model. */
  servedModels(userId: string): Promise<{ key: string; model: string; servedModel: string }[]>;
  /** Newest first. @param before a `next` that was given */
  requests(
    userId: string,
    filter: RequestFilter,
    page: { before?: number; limit: number },
  ): Promise<{ requests: RequestSummary[]; next: number | null }>;
  story(userId: string, requestId: string): Promise<Pick<RequestStory, 'request' | 'attempts'> | null>;
}

export interface UsageGroup extends UsageTotals {
  key: string;
}
