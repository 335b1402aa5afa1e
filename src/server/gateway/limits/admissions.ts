import { CrosspointError } from '#protocol/errors.ts';
import type {
  Admission,
  Admissions,
  AskedCall,
  Caller,
  CallOptions,
  ProviderAdmission,
  RateLimitPolicy,
} from '../v1/types.ts';
import {
  assertPriced,
  budgetRefusal,
  budgetsOf,
  keySubject,
  userSettings,
  userSubject,
} from './budget-lines.ts';
import { CostExcess } from './cost-excess.ts';
import type { Ask } from './gate.ts';
import { Gates, type Subject } from './gates.ts';
import { systemLimitClock, type LimitClock } from './limit-clock.ts';
import type { Awaitable, LimitStore } from './limit-store.ts';
import { bucketOf, centsOf, demandOf, policyHeaders, rateOf } from './policy.ts';
import { rateLimited } from './refusal.ts';
import type { LimitSettings } from './settings.ts';

export interface AdmissionsOptions {
  store: LimitStore;
  /** As they are now: a change applies from the next call on. */
  settings: () => LimitSettings;
  logger?: { warn(details: object, message: string): void };
  clock?: LimitClock;
}

type Used = Parameters<Admission['settle']>[0];

/** One limit that a call has passed. */
interface Passed {
  undo(): Awaitable<void>;
  settle(used: Used): Awaitable<void>;
  headers?: Record<string, string>;
  ofProvider?: true;
}

/** Limits and budgets, in their order: the policy of the request, the key, the user, the provider, the budgets. */
export function createAdmissions(options: AdmissionsOptions): Admissions & Pick<AdmissionDesk, 'queues'> {
  const desk = new AdmissionDesk(options);
  return {
    admit: (...args) => desk.admit(...args),
    admitProvider: (...args) => desk.admitProvider(...args),
    queues: () => desk.queues(),
  };
}

class AdmissionDesk {
  readonly #store: LimitStore;
  readonly #settings: () => LimitSettings;
  readonly #clock: LimitClock;
  readonly #logger: AdmissionsOptions['logger'];
  readonly #gates: Gates;
  readonly #excess = new CostExcess();

  constructor({ store, settings, logger, clock = systemLimitClock }: AdmissionsOptions) {
    this.#store = store;
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.#gates = new Gates({ store, clock, onFailure: (cause) => this.#warn(cause) });
  }

  /** How many calls wait, by whose limit it is. */
  queues(): { subject: string; waiting: number }[] {
    return this.#gates.queues();
  }

  async admit(
    caller: Caller,
    options: CallOptions,
    call: AskedCall,
    signal: AbortSignal,
  ): Promise<Admission> {
    signal.throwIfAborted();
    const passed: Passed[] = [];
    try {
      for (const step of this.#steps(caller, options, call, signal)) {
        const one = await this.#orOpen(step, signal);
        if (one) passed.push(one);
      }
      signal.throwIfAborted();
    } catch (cause) {
      for (const one of passed.reverse()) await this.#quietly(() => one.undo());
      throw cause;
    }
    return this.#admission(passed);
  }

  async admitProvider(caller: Caller, call: AskedCall, signal: AbortSignal): Promise<ProviderAdmission> {
    signal.throwIfAborted();
    const step = this.#providerStep(caller, call, signal);
    return this.#admission([step && (await this.#orOpen(step, signal))].filter((one) => one !== null));
  }

  /** What has to be passed; empty when nothing is limited. */
  #steps(
    caller: Caller,
    options: CallOptions,
    call: AskedCall,
    signal: AbortSignal,
  ): (() => Promise<Passed>)[] {
    const settings = this.#settings();
    const steps: (() => Promise<Passed>)[] = [];
    const { rateLimit } = options;
    if (rateLimit) steps.push(() => this.#passPolicy(rateLimit, caller, options, call));
    const lane = keySubject(caller);
    const gate = (subject: string, whose: string, limits: Ask['limits'] | null | undefined) => {
      if (limits && isLimited(limits))
        steps.push(() =>
          this.#passGate({ subject, whose }, { lane, tokens: call.estimate.tokens, limits, signal }),
        );
    };
    gate(lane, `the key "${caller.keyName}"`, caller.limits);
    gate(userSubject(caller), `the user ${caller.userId}`, userSettings(caller, settings));
    if (options.endUser !== null)
      gate(`end:${caller.userId}:${options.endUser}`, `the user ${options.endUser}`, settings.endUsers);
    const ofProvider = this.#providerStep(caller, call, signal);
    if (ofProvider) steps.push(ofProvider);
    if (caller.budget || settings.budget || userSettings(caller, settings)?.budget)
      steps.push(() => this.#passBudgets(caller, settings, call));
    return steps;
  }

  /** null when the provider has no limits of its own. */
  #providerStep(caller: Caller, call: AskedCall, signal: AbortSignal): (() => Promise<Passed>) | null {
    const { provider } = call;
    const { providers } = this.#settings();
    const limits = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
    if (!limits || !isLimited(limits)) return null;
    const subject = { subject: `provider:${provider}`, whose: `the provider ${provider}`, provider };
    const lane = keySubject(caller);
    return () => this.#passGate(subject, { lane, tokens: call.estimate.tokens, limits, signal }, true);
  }

  async #passPolicy(
    policy: RateLimitPolicy,
    caller: Caller,
    options: CallOptions,
    call: AskedCall,
  ): Promise<Passed> {
    const bucket = bucketOf(caller.userId, policy, options);
    const rate = rateOf(policy);
    const demand = demandOf(policy);
    const verdict = await this.#store.take(bucket, rate, demand);
    const headers = policyHeaders(policy, verdict);
    if (!verdict.allowed)
      throw rateLimited('The rate limit of Helicone-RateLimit-Policy is reached.', verdict.afterMs, {
        headers,
      });
    const { estimate, provider, model } = call;
    const inCents = policy.unit === 'cents';
    // Documented: a call whose price nobody knows takes no cents. Said, because it is a limit that does not limit.
    const note: Record<string, string> =
      inCents && estimate.costUsd === null ? { 'Crosspoint-RateLimit-Unpriced': `${provider}/${model}` } : {};
    return {
      headers: { ...headers, ...note },
      undo: () => (demand.amount ? this.#store.add(bucket, rate, demand.amount) : undefined),
      settle: ({ costUsd }) => {
        const cents = inCents ? centsOf(costUsd ?? estimate.costUsd ?? 0) : 0;
        if (cents) return this.#store.add(bucket, rate, -cents);
      },
    };
  }

  async #passGate(subject: Subject, ask: Ask, ofProvider?: true): Promise<Passed> {
    const hold = await this.#gates.enter(subject, ask);
    const settle = ({ tokens }: Pick<Used, 'tokens'>) => hold.settle(tokens);
    return { undo: () => hold.undo(), settle, ...(ofProvider ? { ofProvider } : {}) };
  }

  async #passBudgets(caller: Caller, settings: LimitSettings, call: AskedCall): Promise<Passed> {
    const budgets = budgetsOf(caller, settings, this.#clock.wall());
    const { costUsd } = call.estimate;
    const model = `${call.provider}/${call.model}`;
    assertPriced(budgets, model, costUsd);
    const verdict = await this.#store.reserve(budgets, this.#excess.raised(model, costUsd ?? 0));
    if (!verdict.allowed) {
      const { line, why } = verdict;
      const budget = budgets.find(({ subject }) => subject === line.subject);
      if (budget) throw budgetRefusal(budget, why);
      throw new Error(`a budget was refused that was not asked for: ${line.subject}`);
    }
    const { reservation } = verdict;
    return {
      undo: () => this.#store.release(reservation),
      settle: (used) => {
        if (costUsd !== null && used.costUsd !== null) this.#excess.learn(model, costUsd, used.costUsd);
        return this.#store.settle(reservation, used.costUsd, costUsd === null);
      },
    };
  }

  #admission(passed: Passed[]): Admission {
    const headers = Object.assign({}, ...passed.map((one) => one.headers)) as Record<string, string>;
    const open = new Set(passed);
    const end = async (one: Passed, work: () => Awaitable<void>) => {
      if (open.delete(one)) await this.#quietly(work);
    };
    return {
      headers,
      leaveProvider: async (tokens) => {
        for (const one of passed.filter(({ ofProvider }) => ofProvider))
          await end(one, () => (tokens === null ? one.undo() : one.settle({ tokens, costUsd: null })));
      },
      settle: async (used) => {
        // The answer has been given: what cannot be counted now is counted when its reservation is reclaimed.
        for (const one of passed) await end(one, () => one.settle(used));
      },
    };
  }

  /** A store that fails lets the call pass, or not, as the settings say. */
  async #orOpen(step: () => Promise<Passed>, signal: AbortSignal): Promise<Passed | null> {
    try {
      return await step();
    } catch (cause) {
      if (isRefusal(cause) || signal.aborted) throw cause;
      this.#warn(cause);
      if (this.#settings().storeFailure === 'open') return null;
      throw new CrosspointError('limits_unavailable', {}, { cause });
    }
  }

  async #quietly(work: () => Awaitable<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      this.#warn(cause);
    }
  }

  #warn(cause: unknown): void {
    this.#logger?.warn({ err: cause }, 'the store of the limits fails');
  }
}

function isLimited({ requestsPerMinute, tokensPerMinute, concurrency }: Ask['limits']): boolean {
  return requestsPerMinute !== undefined || tokensPerMinute !== undefined || concurrency !== undefined;
}

/** A decision of a limit, not a failure of the store. */
function isRefusal(cause: unknown): boolean {
  return (
    cause instanceof CrosspointError && !['disk_full', 'store_busy', 'store_damaged'].includes(cause.code)
  );
}
