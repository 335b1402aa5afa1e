import { isDeepStrictEqual } from 'node:util';
import type { EndpointHealthState } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Connection, Target } from '../types.ts';
import type { AttemptOutcome, Candidate } from '../v1/types.ts';
import { arrange } from './arrange.ts';
import type { BreakerSettings } from './breaker.ts';
import type { GatewayConfig, Strategy } from './gateway-config.ts';
import { HealthBoard, type WarningLogger } from './health-board.ts';
import { KeyRings } from './key-ring.ts';

export interface KeyRouterOptions {
  /** By provider id; one live map. */
  connections: ReadonlyMap<string, Connection>;
  /** As it is now: a change applies to the next request. */
  config: () => GatewayConfig;
  /** The value of an environment variable that the configuration names. */
  secretOf: (variable: string) => string | null;
  logger: WarningLogger;
  /** Monotonic milliseconds. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
}

export interface Way {
  candidate: Candidate;
  weight: number;
}

/** The keys of one target, and the health of all that was ever asked: of `/v1` and of the agent's own calls. */
export class KeyRouter {
  readonly #options: Required<KeyRouterOptions>;
  readonly #rings: KeyRings;
  readonly #board: HealthBoard;
  #breaker: GatewayConfig['breaker'];

  constructor(options: KeyRouterOptions) {
    this.#options = { now: () => performance.now(), random: Math.random, ...options };
    const { connections, secretOf, now, logger, config } = this.#options;
    this.#rings = new KeyRings(connections, secretOf);
    this.#breaker = config().breaker;
    this.#board = new HealthBoard(breakerSettings(this.#breaker), now, logger);
  }

  /** The configuration of one request. Other settings of the breaker begin with a clean record. */
  config(): GatewayConfig {
    const config = this.#options.config();
    if (config.breaker !== this.#breaker && !isDeepStrictEqual(config.breaker, this.#breaker)) {
      this.#breaker = config.breaker;
      this.#board.configure(breakerSettings(config.breaker));
    }
    return config;
  }

  /**
   * The keys of a target's provider in the order in which they are to be tried.
   * @throws CrosspointError `model_unavailable` when none of those that are named is set
   */
  keysFor(target: Target): Candidate[] {
    const config = this.config();
    return this.blockedLast(this.arranged(this.ways(config, target, 1), config.strategy));
  }

  /** An endpoint's share is divided among its keys, so that it stays the same however many there are. */
  ways(config: GatewayConfig, target: Target, weight: number, key?: string): Way[] {
    const ring = this.#rings.of(config, target.provider, key);
    if (!ring?.keys.length) throw unusable(target, `${ring?.missing.join(' and ') ?? 'its key'} is not set.`);
    const all = ring.keys.reduce((sum, each) => sum + each.weight, 0) || 1;
    return ring.keys.map(({ connection, id, weight: share }) => ({
      candidate: { target, connection, id },
      weight: (weight * share) / all,
    }));
  }

  arranged(ways: readonly Way[], strategy: Strategy): Candidate[] {
    const load = ({ candidate }: Way) => this.#board.load(candidate);
    return arrange(ways, strategy, load, this.#options.random).map(({ candidate }) => candidate);
  }

  /** Each way once: a chain may name the same twice. */
  blockedLast(candidates: readonly Candidate[]): Candidate[] {
    if (candidates.length < 2) return [...candidates];
    const once = [...new Map(candidates.map((each) => [`${each.id} ${each.target.model}`, each])).values()];
    const { open = [], blocked = [] } = Object.groupBy(once, (candidate) =>
      this.#board.admits(candidate) ? 'open' : 'blocked',
    );
    return [...open, ...this.#board.leastBad(blocked)];
  }

  /** @see Router.begin */
  begin(candidate: Candidate, force = false): boolean {
    return this.#board.begin(candidate, force);
  }

  /** @see Router.leastBad */
  leastBad(candidates: readonly Candidate[]): Candidate {
    const [best] = this.#board.leastBad(candidates);
    if (!best) throw new Error('a request without a way');
    return best;
  }

  /** @see Router.report */
  report(candidate: Candidate, outcome: AttemptOutcome): void {
    this.#board.report(candidate, outcome);
  }

  /** Milliseconds that a request should wait which has only these ways: as long as each of them was told to. */
  waitMs(candidates: readonly Candidate[]): number {
    return this.#board.waitMs(candidates);
  }

  /** Of everything that was asked so far, and of these. */
  health(others: readonly Candidate[] = []): EndpointHealthState[] {
    return this.#board.states(others);
  }
}

function unusable({ provider, model }: Target, reason: string): CrosspointError {
  return new CrosspointError('model_unavailable', { model: `${provider}/${model}`, reason });
}

function breakerSettings(config: GatewayConfig['breaker']): BreakerSettings {
  const { errorRatio, minRequests, windowSeconds, openSeconds, probes } = config;
  return { errorRatio, minRequests, windowMs: windowSeconds * 1_000, openMs: openSeconds * 1_000, probes };
}
