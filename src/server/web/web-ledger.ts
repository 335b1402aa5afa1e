import { randomUUID } from 'node:crypto';
import { timeOrderedId } from '#server/gateway/ledger/attempt-id.ts';
import type { LedgerStore } from '#server/store/ledger.types.ts';
import type { Spent } from './types.ts';
import { WebError } from './web-error.ts';

/** For whom and in which run the web is asked. */
export interface WebCall {
  userId: string;
  threadId: string;
  runId: string;
  signal: AbortSignal;
}

export type WebLedgerStore = Pick<LedgerStore, 'reserve' | 'settle' | 'recordHit'>;

/** `search`, `search-advanced`, `extract` …: what stands as the model in reports of usage. */
export type WebService = string;

/** One row for each request to a search engine, like those of models: reserved before it is sent, settled once after. */
export class WebLedger {
  readonly #store: WebLedgerStore;
  readonly #provider: string;

  constructor(store: WebLedgerStore, provider: string) {
    this.#store = store;
    this.#provider = provider;
  }

  async record<Answer extends { spent: Spent }>(
    service: WebService,
    call: WebCall,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const start = this.#start(service, call);
    const began = performance.now();
    await this.#store.reserve({ ...start, attempt: 1, route: 'web' });
    const latency = () => ({ latencyMs: Math.round(performance.now() - began) });
    try {
      const answer = await ask();
      await this.#store.settle(start.id, {
        status: 'settled',
        ...answer.spent,
        httpStatus: 200,
        ...latency(),
      });
      return answer;
    } catch (cause) {
      await this.#store.settle(start.id, { ...failureColumns(cause, call.signal), ...latency() });
      throw cause;
    }
  }

  /** @param savedUsd what it would have cost; null when unknown */
  hit(service: WebService, call: WebCall, savedUsd: number | null): Promise<void> {
    return this.#store.recordHit({ ...this.#start(service, call), latencyMs: 0, savedUsd });
  }

  #start(service: WebService, { userId, threadId, runId }: WebCall) {
    return {
      id: timeOrderedId(),
      requestId: randomUUID(),
      userId,
      threadId,
      runId,
      provider: this.#provider,
      model: service,
      timestamp: new Date().toISOString(),
    };
  }
}

/** What was refused cost nothing; what was given up may have. */
function failureColumns(cause: unknown, signal: AbortSignal) {
  const isWebError = cause instanceof WebError;
  const isRefused = isWebError && cause.status !== null && cause.status !== 200;
  return {
    status: signal.aborted ? ('aborted' as const) : ('failed' as const),
    costUsd: isRefused || (isWebError && cause.kind === 'unreachable') ? 0 : null,
    estimated: true,
    errorCode: isWebError ? `web_${cause.kind}` : 'web_failed',
    httpStatus: isWebError ? cause.status : null,
  };
}
