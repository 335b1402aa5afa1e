import type { UsageEntry } from './usage.ts';

/**
 * `GET /api/requests`: what was asked of models, newest first, whether by the agent or through `/v1`. Each may be left out:
 * `model` (`provider/model`), `provider`, `status`, `key` (an id, or `none`), `user`, `session`, `thread`,
 * `property` (`name:value`), `error` (text within its code or sentence), `from`, `to` (ISO dates in UTC, both included),
 * `limit` (50, at most 200), `after` (the `next` of the page before).
 */
export interface RequestsAnswer {
  requests: RequestSummary[];
  /** Give it as `after` for the next page; null at the end. */
  next: string | null;
}

/** `cached`: answered by the gateway's own cache, nobody was asked. `reserved`: it runs. */
export type RequestStatus = 'settled' | 'failed' | 'aborted' | 'cached' | 'reserved';

/** One request, as its last attempt ended; tokens and cost are those of all its attempts. */
export interface RequestSummary {
  id: string;
  /** Of the last attempt. */
  timestamp: string;
  provider: string;
  model: string;
  servedModel?: string;
  status: RequestStatus;
  errorCode: string | null;
  /** A sentence or the provider's own words, without secrets. */
  errorDetail: string | null;
  attempts: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  /** null when a price is unknown. */
  costUsd: number | null;
  estimated: boolean;
  cache: 'HIT' | 'MISS' | null;
  /** What a cached answer would have cost; null where that is unknown, or nothing was saved. */
  savedUsd: number | null;
  latencyMs: number;
  ttftMs: number | null;
  route: string;
  /** `/v1/chat/completions` …; null for the agent's own. */
  path: string | null;
  /** null: the agent's own, or CROSSPOINT_API_TOKEN. */
  keyId: string | null;
  threadId: string | null;
  runId: string | null;
  endUser: string | null;
  session: { id?: string; path?: string; name?: string };
  properties: Record<string, string>;
}

/** `GET /api/requests/{id}` */
export interface RequestStory {
  request: RequestSummary;
  /** In order. */
  attempts: RequestAttempt[];
  /** null when nothing was kept. */
  bodies: KeptBodies | null;
}

export interface RequestAttempt extends UsageEntry {
  status: RequestStatus;
  errorCode: string | null;
  errorDetail: string | null;
  httpStatus: number | null;
  finishReason: string | null;
  /** Which endpoint and key of the provider, by name; null for a kept answer. */
  endpoint: string | null;
  savedUsd: number | null;
}

/** null: left out because the caller wished so (`Helicone-Omit-Request`, `-Response`). */
export interface KeptBodies {
  request: KeptMessage | null;
  response: KeptMessage | null;
}

/** Without secrets. */
export interface KeptMessage {
  headers: Record<string, string>;
  body: string;
  /** Bytes of the whole body, of which `body` may be the beginning. */
  bytes: number;
  truncated: boolean;
}
