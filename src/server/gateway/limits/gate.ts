import type { CrosspointError } from '#protocol/errors.ts';
import type { Limits } from '../v1/types.ts';
import { FairQueue } from './fair-queue.ts';
import type { LimitClock } from './limit-clock.ts';
import type { Awaitable, LimitStore } from './limit-store.ts';
import { rateLimited } from './refusal.ts';
import type { Rate, Verdict } from './token-bucket.ts';

/** What a call holds of one limit: given back when a later limit refuses it, else settled with what it really used. */
export interface Hold {
  undo(): Awaitable<void>;
  settle(tokens: number): Awaitable<void>;
}

export interface GateOptions {
  /** In the names of its buckets, e.g. `key:…`. */
  subject: string;
  /** For sentences, e.g. `this key`. */
  whose: string;
  /** Of a provider's own limits: it is named in a refusal. */
  provider?: string | undefined;
  store: Pick<LimitStore, 'take' | 'add'>;
  clock: LimitClock;
  onFailure: (cause: unknown) => void;
  /** Calls that may wait. Default: 1,000. */
  longestQueue?: number;
}

export interface Ask {
  /** Who asks: lanes take turns. */
  lane: string;
  /** Worst case of the call. */
  tokens: number;
  limits: Limits;
  signal: AbortSignal;
}

interface Denial {
  what: string;
  /** null: until another call ends. */
  afterMs: number | null;
}

interface Waiting extends Ask {
  resolve(hold: Hold): void;
  reject(cause: unknown): void;
  denial: Denial;
  left: boolean;
}

/** Nobody knows when a running call ends: ask again soon. */
const soonMs = 1_000;

/** The limits of one key, user or provider: requests and tokens of a minute, calls at the same time, and the queue before them. */
export class Gate {
  readonly #options: GateOptions & { longestQueue: number };
  readonly #queue = new FairQueue<Waiting>();
  #running = 0;
  #entering = 0;
  #pumping = false;
  #again = false;
  #cancelTimer: (() => void) | null = null;

  constructor(options: GateOptions) {
    this.#options = { longestQueue: 1_000, ...options };
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Nothing here is worth remembering: buckets are in the store. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#entering === 0 && this.#queue.size === 0;
  }

  /**
   * Lets a call in, now or when it is its turn.
   * @throws CrosspointError `rate_limited`; the signal's reason when the caller leaves the queue; what the store throws
   */
  async enter(ask: Ask): Promise<Hold> {
    this.#entering += 1;
    try {
      return await this.#enter(ask);
    } finally {
      this.#entering -= 1;
    }
  }

  async #enter(ask: Ask): Promise<Hold> {
    const { whose, longestQueue } = this.#options;
    const denial = this.#queue.size
      ? { what: `Other requests of ${whose} wait already.`, afterMs: soonMs }
      : await this.#try(ask);
    if (!('what' in denial)) return denial;
    // While this one tried, somebody else may have been told that there is no room.
    this.#pump();
    if (!ask.limits.queueMs) throw this.#refusal(denial);
    if (this.#queue.size < longestQueue) return this.#wait(ask, denial, ask.limits.queueMs);
    const what = `${longestQueue} requests of ${whose} wait already.`;
    throw this.#refusal({ what, afterMs: denial.afterMs });
  }

  #wait(ask: Ask, denial: Denial, queueMs: number): Promise<Hold> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const leave = (cause: () => unknown) => {
        this.#queue.remove(ask.lane, waiting);
        waiting.left = true;
        end();
        reject(cause());
        this.#pump();
      };
      const onAbort = () => leave(() => ask.signal.reason);
      const cancelDeadline = clock.after(queueMs, () => leave(() => this.#refusal(waiting.denial)));
      const end = () => {
        cancelDeadline();
        ask.signal.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        ...ask,
        denial,
        left: false,
        resolve: (hold) => (end(), resolve(hold)),
        reject: (cause) => (end(), reject(cause)),
      };
      ask.signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(ask.lane, waiting);
      if (ask.signal.aborted) onAbort();
      else this.#pump();
    });
  }

  /** Lets in who may come in by now; one pump at a time. */
  #pump(): void {
    this.#again = true;
    if (!this.#pumping && this.#queue.size) void this.#pumpAll();
  }

  async #pumpAll(): Promise<void> {
    this.#pumping = true;
    while (this.#again) {
      this.#again = false;
      for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
        if (!(await this.#serve(next))) break;
      }
    }
    this.#pumping = false;
  }

  /** False when the first of the queue has to go on waiting. */
  async #serve(next: Waiting): Promise<boolean> {
    try {
      const result = await this.#try(next);
      if ('what' in result) {
        if (!next.left) next.denial = result;
        this.#pumpAfter(result.afterMs);
        return next.left;
      }
      if (next.left) await result.undo();
      else {
        this.#queue.served(next.lane, next);
        next.resolve(result);
      }
    } catch (cause) {
      this.#queue.remove(next.lane, next);
      next.reject(cause);
    }
    return true;
  }

  #pumpAfter(afterMs: number | null): void {
    this.#cancelTimer?.();
    this.#cancelTimer = afterMs === null ? null : this.#options.clock.after(afterMs, () => this.#pump());
  }

  async #try({ limits, tokens }: Ask): Promise<Hold | Denial> {
    const { concurrency, requestsPerMinute: requests, tokensPerMinute: ofMinute } = limits;
    const { subject, whose, store } = this.#options;
    if (concurrency !== undefined && this.#running >= concurrency)
      return { what: `${whose} may make ${concurrency} calls at the same time.`, afterMs: null };
    this.#running += 1;
    let isIn = false;
    try {
      if (requests !== undefined) {
        const verdict = await store.take(`${subject}:requests`, perMinute(requests), {
          amount: 1,
          atLeast: 1,
        });
        if (!verdict.allowed) return tooMany(`${whose} may make ${requests} requests a minute.`, verdict);
      }
      if (ofMinute !== undefined) {
        // A call that is larger than the limit passes when nothing was used, and others wait for longer.
        const demand = { amount: tokens, atLeast: Math.min(tokens, ofMinute) };
        const verdict = await store.take(`${subject}:tokens`, perMinute(ofMinute), demand);
        if (!verdict.allowed) {
          if (requests !== undefined) await store.add(`${subject}:requests`, perMinute(requests), 1);
          return tooMany(`${whose} may use ${ofMinute} tokens a minute.`, verdict);
        }
      }
      isIn = true;
      return this.#hold(limits, tokens);
    } finally {
      if (!isIn) this.#running -= 1;
    }
  }

  #refusal({ what, afterMs }: Denial): CrosspointError {
    const { provider } = this.#options;
    return rateLimited(sentence(what), afterMs ?? soonMs, provider === undefined ? {} : { provider });
  }

  #hold({ requestsPerMinute, tokensPerMinute }: Limits, reserved: number): Hold {
    const { subject, store } = this.#options;
    const leave = async (requests: number, tokens: number) => {
      this.#running -= 1;
      try {
        if (requestsPerMinute !== undefined && requests)
          await store.add(`${subject}:requests`, perMinute(requestsPerMinute), requests);
        if (tokensPerMinute !== undefined && tokens)
          await store.add(`${subject}:tokens`, perMinute(tokensPerMinute), tokens);
      } catch (cause) {
        this.#options.onFailure(cause);
      }
      this.#pump();
    };
    return { undo: () => leave(1, reserved), settle: (used) => leave(0, reserved - used) };
  }
}

function perMinute(quota: number): Rate {
  return { quota, windowMs: 60_000, text: `${quota}/min` };
}

function tooMany(what: string, { afterMs }: Verdict): Denial {
  return { what, afterMs };
}

function sentence(what: string): string {
  return what.charAt(0).toUpperCase() + what.slice(1);
}
