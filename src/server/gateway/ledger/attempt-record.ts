import type { UsageEntry } from '#protocol/usage.ts';
import type { LedgerFacts, LedgerRow, LedgerStore } from '#server/store/ledger.types.ts';
import type { RequestContext, Target } from '../types.ts';
import type { ReportedUsage } from '../wires/wire.ts';
import { timeOrderedId } from './attempt-id.ts';
import { costUsd } from './cost.ts';
import { estimateTokens } from './estimate.ts';

export interface AttemptIdentity {
  requestId: string;
  context: Pick<RequestContext, 'userId' | 'threadId' | 'runId' | 'properties'>;
  target: Pick<Target, 'provider' | 'model' | 'cost'>;
  /** The answer is asked for as a stream. */
  streams: boolean;
  attempt: number;
  route: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Of the request, for when the provider reports none. */
  estimateInput(): number;
  /** Of a call from outside: by whom, where and about what. */
  facts?: Partial<LedgerFacts>;
  /** Told what it used when it ends, however it ends. */
  onUsage?: ((usage: UsageEntry) => void) | undefined;
}

export type AttemptLedger = Pick<LedgerStore, 'reserve' | 'settle'>;

export interface AttemptEnding {
  status: 'settled' | 'failed' | 'aborted';
  reported: ReportedUsage | null;
  errorCode?: string;
  /** The provider's own words, without secrets. */
  errorDetail?: string;
  finishReason?: string;
  servedModel?: string;
}

/** The ledger's row of one upstream attempt: reserved before it is sent, settled exactly once after (I5). */
export class AttemptRecord {
  readonly id = timeOrderedId();
  httpStatus: number | null = null;
  cache: UsageEntry['cache'] = null;
  /** As the provider names it, from the first delta on. */
  servedModel: string | undefined;
  /** Characters of text, reasoning and arguments that arrived. */
  receivedCharacters = 0;
  readonly #ledger: AttemptLedger;
  readonly #identity: AttemptIdentity;
  readonly #started = performance.now();
  readonly #timestamp: string;
  #ttftMs: number | null = null;
  #settled = false;

  constructor(ledger: AttemptLedger, identity: AttemptIdentity) {
    this.#ledger = ledger;
    this.#identity = identity;
    this.#timestamp = new Date(identity.startedAt).toISOString();
  }

  get settled(): boolean {
    return this.#settled;
  }

  async reserve(): Promise<void> {
    const { requestId, context, target, attempt, route, facts } = this.#identity;
    const { userId, threadId, runId, properties = {} } = context;
    const { provider, model } = target;
    await this.#ledger.reserve({
      id: this.id,
      requestId,
      userId,
      threadId,
      runId,
      provider,
      model,
      timestamp: this.#timestamp,
      attempt,
      route,
      properties,
      ...facts,
    });
  }

  /** Something of the answer itself has arrived. */
  received(characters: number): void {
    this.#ttftMs ??= performance.now() - this.#started;
    this.receivedCharacters += characters;
  }

  async settle(ending: AttemptEnding): Promise<UsageEntry> {
    const { usage, stored } = this.close(ending);
    await stored;
    return usage;
  }

  /** The same for who need not wait until it is written. */
  close(ending: AttemptEnding): { usage: UsageEntry; stored: Promise<void> } {
    this.#settled = true;
    const usage = this.#usage(ending);
    this.#identity.onUsage?.(usage);
    const row: Partial<LedgerRow> = {
      ...usage,
      status: ending.status,
      errorCode: ending.errorCode ?? null,
      ...(ending.errorDetail ? { errorDetail: ending.errorDetail } : {}),
      httpStatus: this.httpStatus,
      finishReason: ending.finishReason ?? null,
    };
    return { usage, stored: this.#ledger.settle(this.id, row) };
  }

  #usage(ending: AttemptEnding): UsageEntry {
    const { target, attempt, route } = this.#identity;
    const { provider, model, cost } = target;
    const { chargedUsd, longCacheWriteTokens, ...tokens } = this.#tokens(ending);
    return {
      provider,
      model,
      ...(ending.servedModel ? { servedModel: ending.servedModel } : {}),
      timestamp: this.#timestamp,
      ...tokens,
      costUsd: chargedUsd ?? costUsd(cost, { ...tokens, longCacheWriteTokens }),
      cache: this.cache,
      latencyMs: Math.round(performance.now() - this.#started),
      ttftMs: this.#ttftMs === null ? null : Math.round(this.#ttftMs),
      attempt,
      route,
    };
  }

  /**
   * What the provider reported. Where an answer broke off the report is of its beginning, and where there is none we
   * count ourselves: both are marked as estimated. An attempt that the provider refused used nothing.
   */
  #tokens(ending: AttemptEnding): ReportedUsage & { estimated: boolean } {
    const { status, reported: given } = ending;
    const reported = given && isPossible(given) ? given : null;
    if (status === 'settled' && reported) return { ...reported, estimated: false };
    const none = { cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
    if (this.httpStatus !== 200 && !this.#wasAtWork(ending))
      return { inputTokens: 0, outputTokens: 0, ...none, estimated: status === 'aborted' };
    const counted = estimateTokens(this.receivedCharacters);
    const known = reported ?? {
      inputTokens: this.#identity.estimateInput(),
      ...none,
      outputTokens: 0,
    };
    return { ...known, outputTokens: Math.max(known.outputTokens, counted), estimated: true };
  }

  /** Without a stream nothing tells of the work until it is done: given up before that, it was done in vain and is billed. */
  #wasAtWork({ status, errorCode }: AttemptEnding): boolean {
    const givenUp = status === 'aborted' || errorCode === 'provider_timeout';
    return !this.#identity.streams && this.httpStatus === null && givenUp;
  }
}

/** Negative, endless or textual numbers would spoil every sum and every budget: such a report is none. */
function isPossible(usage: ReportedUsage): boolean {
  return Object.values(usage).every((value: unknown) => Number.isFinite(value) && (value as number) >= 0);
}
