import type { CacheHit, LedgerRow, NewAttempt } from '#server/store/ledger.types.ts';
import type { EndedCall } from '../v1/types.ts';
import type { AttemptWatcher } from './observed-ledger.ts';
import { MetricRegistry } from './prometheus.ts';

/** Seconds. From a cache hit to a model that thinks for minutes. */
const durations = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** What the metrics read from the other parts when they are asked for. */
export interface MetricSources {
  breakers(): Iterable<{ endpoint: string; state: 'closed' | 'open' | 'half-open' }>;
  /** Requests that wait for their turn, by whose limit: a key, a user, a provider. */
  queues(): Iterable<{ subject: string; waiting: number }>;
}

const v1Paths = new Set(
  ['chat/completions', 'messages', 'responses', 'embeddings', 'models'].map((end) => `/v1/${end}`),
);

/** Why a request was not let in; all other codes are failures. */
const limitCodes = new Set(['rate_limited', 'budget_exhausted', 'budget_needs_price', 'limits_unavailable']);

/** Everything that `/metrics` says about the gateway. Labels are of bounded number: no user, no key, no request. */
export class GatewayMetrics implements AttemptWatcher {
  readonly #registry = new MetricRegistry();
  readonly #ended: (call: EndedCall) => void;
  readonly #attempt: (attempt: NewAttempt, result: Partial<LedgerRow>) => void;
  readonly #cached: (hit: CacheHit) => void;
  #running = 0;

  constructor(sources: MetricSources) {
    this.#ended = requestMetrics(this.#registry);
    this.#attempt = attemptMetrics(this.#registry);
    this.#cached = cacheMetrics(this.#registry);
    const gauge = this.#registry.gauge.bind(this.#registry);
    gauge('crosspoint_attempts_running', 'Attempts that wait for a provider.', [], () => [
      [[], this.#running],
    ]);
    gauge('crosspoint_breaker_state', 'Circuit breakers: 0 closed, 1 half open, 2 open.', ['endpoint'], () =>
      [...sources.breakers()].map(({ endpoint, state }) => [[endpoint], breakerNumbers[state]]),
    );
    gauge('crosspoint_queue_length', 'Requests that wait for their turn.', ['limit'], () =>
      // `key:…`, `user:…`, `provider:…`: of their number nobody is sure, so their kinds are told.
      [...sources.queues()].map(({ subject, waiting }) => [[subject.split(':')[0] ?? ''], waiting]),
    );
    gauge('process_resident_memory_bytes', 'Memory of the process.', [], () => [
      [[], process.memoryUsage.rss()],
    ]);
  }

  text(): string {
    return this.#registry.text();
  }

  request(call: EndedCall): void {
    this.#ended(call);
  }

  began(): void {
    this.#running += 1;
  }

  ended(attempt: NewAttempt, result: Partial<LedgerRow>): void {
    this.#running -= 1;
    this.#attempt(attempt, result);
  }

  cached(hit: CacheHit): void {
    this.#cached(hit);
  }
}

const breakerNumbers = { closed: 0, 'half-open': 1, open: 2 } as const;

function requestMetrics(registry: MetricRegistry): (call: EndedCall) => void {
  const count = registry.counter('crosspoint_requests_total', 'Requests to /v1.', ['path', 'status', 'code']);
  const limited = registry.counter(
    'crosspoint_limited_total',
    'Requests that a limit or a budget kept out.',
    ['code'],
  );
  const duration = registry.histogram(
    'crosspoint_request_duration_seconds',
    'From the first byte of a request to /v1 to the last of its answer.',
    ['path'],
    durations,
  );
  return ({ path: asked, status, code, ms }) => {
    const path = v1Paths.has(asked) ? asked : 'other';
    count([path, String(status), code ?? '']);
    if (code !== null && limitCodes.has(code)) limited([code]);
    duration([path], ms / 1_000);
  };
}

function attemptMetrics(registry: MetricRegistry): (attempt: NewAttempt, result: Partial<LedgerRow>) => void {
  const model = ['provider', 'model'];
  const count = registry.counter('crosspoint_attempts_total', 'Attempts at a provider.', [
    ...model,
    'route',
    'status',
    'code',
  ]);
  const tokens = registry.counter(
    'crosspoint_tokens_total',
    'Tokens; cached ones and reasoning are not in input and output.',
    [...model, 'type'],
  );
  const cost = registry.counter('crosspoint_cost_usd_total', 'Known cost in USD.', model);
  const unpriced = registry.counter(
    'crosspoint_unpriced_attempts_total',
    'Attempts whose price nobody knows.',
    model,
  );
  const latency = registry.histogram(
    'crosspoint_attempt_duration_seconds',
    'Whole answers.',
    model,
    durations,
  );
  const ttft = registry.histogram(
    'crosspoint_time_to_first_token_seconds',
    'To the first token.',
    model,
    durations,
  );
  return ({ provider, model: name, route }, result) => {
    const of = [provider, name];
    count([...of, result.route ?? route, result.status ?? '', result.errorCode ?? '']);
    for (const [type, amount] of tokenTypes(result)) if (amount > 0) tokens([...of, type], amount);
    const used = (result.inputTokens ?? 0) + (result.outputTokens ?? 0) > 0;
    if (typeof result.costUsd === 'number') cost(of, result.costUsd);
    else if (used) unpriced(of);
    if (result.status !== 'settled') return;
    latency(of, (result.latencyMs ?? 0) / 1_000);
    if (typeof result.ttftMs === 'number') ttft(of, result.ttftMs / 1_000);
  };
}

function tokenTypes(result: Partial<LedgerRow>): [string, number][] {
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    reasoningTokens = 0,
  } = result;
  return [
    ['input', inputTokens - cacheReadTokens - cacheWriteTokens],
    ['cache_read', cacheReadTokens],
    ['cache_write', cacheWriteTokens],
    ['output', outputTokens - reasoningTokens],
    ['reasoning', reasoningTokens],
  ];
}

function cacheMetrics(registry: MetricRegistry): (hit: CacheHit) => void {
  const model = ['provider', 'model'];
  const hits = registry.counter(
    'crosspoint_cache_hits_total',
    "Answers from the gateway's own cache.",
    model,
  );
  const saved = registry.counter(
    'crosspoint_cache_saved_usd_total',
    'What they would have cost, as far as known.',
    model,
  );
  return ({ provider, model: name, savedUsd }) => {
    hits([provider, name]);
    if (savedUsd !== null) saved([provider, name], savedUsd);
  };
}
