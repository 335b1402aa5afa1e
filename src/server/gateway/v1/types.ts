import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UsageEntry } from '#protocol/usage.ts';
import type { Connection, Target } from '../types.ts';

/** The seams of the public gateway: each part of it is one of these, made in `app.ts` and called by `serve.ts`. */

/** Who calls `/v1`: a minted key, or the configured API token. */
export interface Caller {
  /** null: the configured API token. */
  keyId: string | null;
  keyName: string;
  /** The tenant: caches, limits and ledger rows never cross it. */
  userId: string;
  /** `provider/model` or `provider/*`; null allows every model. */
  models: readonly string[] | null;
  limits: Limits;
  budget: Budget | null;
  /** Requests and answers of this key are kept, without secrets. Absent: they are not. */
  storeBodies?: boolean;
}

/** What one key, user or provider may use; absent means unlimited. */
export interface Limits {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrency?: number;
  /** Milliseconds that a request may wait for its turn instead of failing; absent: it fails at once. */
  queueMs?: number;
}

export interface Budget {
  usd: number;
  period: 'day' | 'month' | 'total';
  /** true: models whose price nobody knows may be called, and such calls count nothing. Default: they are refused. */
  allowUnpriced?: boolean;
}

export interface KeyDesk {
  /**
   * null for an unknown, expired or revoked key. A revocation is seen within 5 s, also by other processes. At once where
   * nobody has to be asked.
   */
  identify(secret: string): Caller | null | Promise<Caller | null>;
}

/** What the headers of one request ask for (CONTRACT section 6). */
export interface CallOptions {
  requestId: string;
  /** `Helicone-User-Id`, else the body's `user`. */
  endUser: string | null;
  session: { id?: string; path?: string; name?: string };
  /** Names in lower case. */
  properties: Record<string, string>;
  cache: CacheOptions | null;
  rateLimit: RateLimitPolicy | null;
  retry: RetryOptions | null;
  fallbacks: readonly Fallback[] | null;
  modelOverride: string | null;
  omitRequest: boolean;
  omitResponse: boolean;
}

export interface CacheOptions {
  read: boolean;
  write: boolean;
  /** Seconds. */
  ttl: number;
  bucketSize: number;
  seed: string;
  ignoreKeys: readonly string[];
}

export interface RateLimitPolicy {
  quota: number;
  /** Seconds. */
  window: number;
  unit: 'request' | 'cents';
  /** `global`, `user`, or the name of a property. */
  segment: string;
  /** Normalised, as it is echoed. */
  text: string;
}

export interface RetryOptions {
  tries: number;
  factor: number;
  minMs: number;
  maxMs: number;
}

export interface Fallback {
  targetUrl: string;
  onCodes: readonly (number | { from: number; to: number })[];
  bodyOverride: Record<string, unknown> | null;
}

/** One way to serve a request: a model behind one endpoint with one key. */
export interface Candidate {
  target: Target;
  connection: Connection;
  /** Of the endpoint and its key, for health and the ledger; never the key itself. */
  id: string;
}

/**
 * How an attempt ended, for health. `cut`: a stream that did not end as its wire ends. `denied`: the key was refused.
 * `refused`: the request is to blame, and `aborted`: the caller left; both say nothing about the endpoint.
 */
export interface AttemptOutcome {
  kind: 'ok' | 'failed' | 'cut' | 'rate-limited' | 'denied' | 'refused' | 'aborted';
  latencyMs: number;
  ttftMs: number | null;
  retryAfterMs?: number;
  /** Of `denied`: the key is good, but not for this model. */
  onlyModel?: true;
}

/** What a model is asked for: some make only vectors. */
export type ModelUse = 'answers' | 'embeddings';

export interface Router {
  /**
   * Ways to serve `model` (preset, name, `provider/model`, bare id or chain), in the order in which they are to be tried.
   * Endpoints whose breaker is open come last.
   * @throws CrosspointError `unknown_model`, `model_unavailable`
   */
  candidates(model: string, use?: ModelUse): Candidate[];
  /** Why parts of a chain are not among its candidates: sentences for the final error. */
  leftOut(model: string, use?: ModelUse): string[];
  /** The names of the gateway's configuration, with what may serve each now; those that nothing can serve are left out. */
  names(): { name: string; candidates: Candidate[] }[];
  /**
   * A candidate is about to be tried; `report` must follow, whatever happens. false: its breaker is open, or another
   * request probes it at the moment: the next one is to be taken.
   * @param force nothing else is left and nothing was tried: it is tried all the same
   */
  begin(candidate: Candidate, force?: boolean): boolean;
  /** Of ways that are all out, the one to be tried all the same: no outage of our own making. */
  leastBad(candidates: readonly Candidate[]): Candidate;
  /** Fed by finished answers only. Ends what `begin` began, for this very object. */
  report(candidate: Candidate, outcome: AttemptOutcome): void;
}

/** A stored answer in the bytes of the client's own wire. */
export interface CachedAnswer {
  status: number;
  contentType: string;
  body: Buffer;
  /** Of the first answer. */
  usage: UsageEntry;
}

export interface CacheKey {
  userId: string;
  path: string;
  /** The model or chain as asked. */
  body: Buffer;
  options: CacheOptions;
}

export type CacheLookup =
  | { kind: 'hit'; answer: CachedAnswer; bucket: number }
  /** Nobody asks the same at the moment: serve it and tell (`store` or `giveUp`), once. */
  | { kind: 'leader'; store(answer: CachedAnswer): Promise<void>; giveUp(): void }
  /** Somebody asks the same: null when that one came to nothing. */
  | { kind: 'follower'; answer: Promise<CachedAnswer | null> };

export interface ResponseCache {
  lookup(key: CacheKey, signal: AbortSignal): Promise<CacheLookup>;
}

/** What a call holds of the own limits of the provider that is asked. */
export interface ProviderAdmission {
  /**
   * The call is over there, or goes on elsewhere; once. What is not left before `settle` is left by it.
   * @param tokens used there by all attempts; null: it was not asked after all
   */
  leaveProvider(tokens: number | null): Promise<void>;
}

/** What admission gives: to be settled exactly once, whatever happens. */
export interface Admission extends ProviderAdmission {
  /** `Helicone-RateLimit-*` of the answer. */
  headers: Record<string, string>;
  /** Known cost in USD (null: unknown) and tokens of all attempts. */
  settle(used: { costUsd: number | null; tokens: number }): Promise<void>;
}

/** What a call may use at most, at the provider that it begins with; the cost is that of the costliest to which it may move on. */
export interface AskedCall {
  provider: string;
  model: string;
  /** Read only where something is limited. USD: null where the price is unknown. */
  readonly estimate: { tokens: number; costUsd: number | null };
}

export interface Admissions {
  /**
   * Limits of the policy, the key, the user and the provider, and the budgets: in this order, reserved together or not at all.
   * @throws CrosspointError `rate_limited` with `retryAfterMs`, and with `provider` where it is a limit of the provider;
   *   `budget_exhausted`
   */
  admit(caller: Caller, options: CallOptions, call: AskedCall, signal: AbortSignal): Promise<Admission>;
  /**
   * The own limits of a provider to which an admitted call moves on.
   * @throws CrosspointError `rate_limited` with `retryAfterMs` and `provider`
   */
  admitProvider(caller: Caller, call: AskedCall, signal: AbortSignal): Promise<ProviderAdmission>;
}

/** A call that was understood and is about to be answered. */
export interface ObservedCall {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer;
  caller: Caller;
  options: CallOptions;
}

/** One request below `/v1` that is over. */
export interface EndedCall {
  path: string;
  status: number;
  /** The code of the failure, if it was one. */
  code: string | null;
  ms: number;
  /** Empty when it was refused before its headers were read. */
  requestId: string;
}

/** Looks on from outside of the data path: keeps bodies, counts, traces. Nothing of it may fail or delay a call. */
export interface CallObserver {
  began(call: ObservedCall): void;
  ended(call: EndedCall): void;
}
