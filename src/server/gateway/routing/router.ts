import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { GatewayLogger } from '../gateway-options.ts';
import type { Connection, Target } from '../types.ts';
import type { Candidate, Router } from '../v1/types.ts';
import { arrange } from './arrange.ts';
import type { BreakerSettings } from './breaker.ts';
import type { GatewayConfig, NamedModel, Strategy } from './gateway-config.ts';
import { HealthBoard, type EndpointState } from './health-board.ts';
import { KeyRings } from './key-ring.ts';

/** What the router asks of the table of models. */
export interface ModelDirectory {
  resolveName(name: string): ModelConfig;
  assertUsable(config: ModelConfig): void;
  target(config: ModelConfig): Target;
}

export interface RouterOptions {
  models: ModelDirectory;
  /** By provider id; one live map. */
  connections: ReadonlyMap<string, Connection>;
  /** As it is now: a change applies to the next request. */
  config: () => GatewayConfig;
  /** The value of an environment variable that the configuration names. */
  secretOf: (variable: string) => string | null;
  logger: GatewayLogger;
  /** Monotonic milliseconds. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
}

export interface ModelRouter extends Router {
  /** The keys of one target's provider, in the order in which they are to be tried; never empty for a known provider. */
  keysFor(target: Target): Candidate[];
  /** Milliseconds that a request should wait which has only these ways: as long as each of them was told to. */
  waitMs(candidates: readonly Candidate[]): number;
  /** Of everything that was asked so far. */
  health(): EndpointState[];
}

interface Way {
  candidate: Candidate;
  weight: number;
}

const longestChain = 10;

/** Chain → names of the configuration, presets, `provider/model`, bare ids → endpoints × keys, in their order. */
export function createRouter(options: RouterOptions): ModelRouter {
  return new ConfiguredRouter({ now: () => performance.now(), random: Math.random, ...options });
}

class ConfiguredRouter implements ModelRouter {
  readonly #options: Required<RouterOptions>;
  readonly #rings: KeyRings;
  readonly #board: HealthBoard;
  #breaker: GatewayConfig['breaker'];

  constructor(options: Required<RouterOptions>) {
    const { connections, secretOf, now, logger } = options;
    this.#options = options;
    this.#rings = new KeyRings(connections, secretOf);
    this.#breaker = options.config().breaker;
    this.#board = new HealthBoard(breakerSettings(this.#breaker), now, logger);
  }

  candidates(chain: string): Candidate[] {
    const config = this.#config();
    const problems: CrosspointError[] = [];
    const found = namesOf(chain).flatMap((name) => this.#named(config, name, problems));
    if (!found.length) throw nothingLeft(chain, problems);
    return this.#blockedLast(found);
  }

  leftOut(chain: string): string[] {
    const problems: CrosspointError[] = [];
    const config = this.#config();
    for (const name of namesOf(chain)) this.#named(config, name, problems);
    return problems.map(({ message }) => message);
  }

  keysFor(target: Target): Candidate[] {
    const config = this.#config();
    return this.#blockedLast(this.#arranged(this.#keys(config, target, 1), config.strategy));
  }

  begin(candidate: Candidate, force = false): boolean {
    return this.#board.begin(candidate, force);
  }

  leastBad(candidates: readonly Candidate[]): Candidate {
    const [best] = this.#board.leastBad(candidates);
    if (!best) throw new Error('a request without a way');
    return best;
  }

  report(...[candidate, outcome]: Parameters<Router['report']>): void {
    this.#board.report(candidate, outcome);
  }

  waitMs(candidates: readonly Candidate[]): number {
    return this.#board.waitMs(candidates);
  }

  health(): EndpointState[] {
    return this.#board.states();
  }

  /** Other settings of the breaker begin with a clean record. */
  #config(): GatewayConfig {
    const config = this.#options.config();
    if (config.breaker !== this.#breaker) {
      this.#breaker = config.breaker;
      this.#board.configure(breakerSettings(config.breaker));
    }
    return config;
  }

  #named(config: GatewayConfig, name: string, problems: CrosspointError[]): Candidate[] {
    const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
    if (model) return this.#endpoints(config, model, problems);
    const ways = tolerant(problems, () => this.#ways(config, resolved(this.#options.models, name), 1));
    return this.#arranged(ways, config.strategy);
  }

  #endpoints(config: GatewayConfig, model: NamedModel, problems: CrosspointError[]): Candidate[] {
    const ways = model.endpoints.flatMap(({ provider, model: id, weight, key }) =>
      tolerant(problems, () => this.#ways(config, { provider, model: id }, weight, key)),
    );
    return this.#arranged(ways, model.strategy ?? config.strategy);
  }

  /** @throws CrosspointError that says why it cannot be used */
  #ways(config: GatewayConfig, chosen: ModelConfig, weight: number, key?: string): Way[] {
    const { models } = this.#options;
    models.assertUsable(chosen);
    return this.#keys(config, models.target(chosen), weight, key);
  }

  /** An endpoint's share is divided among its keys, so that it stays the same however many there are. */
  #keys(config: GatewayConfig, target: Target, weight: number, key?: string): Way[] {
    const ring = this.#rings.of(config, target.provider, key);
    if (!ring?.keys.length) throw unusable(target, `${ring?.missing.join(' and ') ?? 'its key'} is not set.`);
    const all = ring.keys.reduce((sum, each) => sum + each.weight, 0) || 1;
    return ring.keys.map(({ connection, id, weight: share }) => ({
      candidate: { target, connection, id },
      weight: (weight * share) / all,
    }));
  }

  #arranged(ways: Way[], strategy: Strategy): Candidate[] {
    const { random } = this.#options;
    const load = ({ candidate }: Way) => this.#board.load(candidate);
    return arrange(ways, strategy, load, random).map(({ candidate }) => candidate);
  }

  /** Each way once: a chain may name the same twice. */
  #blockedLast(candidates: readonly Candidate[]): Candidate[] {
    if (candidates.length === 1) return [...candidates];
    const once = [...new Map(candidates.map((each) => [`${each.id} ${each.target.model}`, each])).values()];
    const { open = [], blocked = [] } = Object.groupBy(once, (candidate) =>
      this.#board.admits(candidate) ? 'open' : 'blocked',
    );
    return [...open, ...this.#board.leastBad(blocked)];
  }
}

function namesOf(chain: string): string[] {
  const names = chain
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length && names.length <= longestChain) return names;
  throw new CrosspointError('unknown_model', { model: chain.slice(0, 200) });
}

function resolved(models: ModelDirectory, name: string): ModelConfig {
  try {
    return models.resolveName(name);
  } catch (cause) {
    if (cause instanceof CrosspointError && cause.code === 'invalid_model_preset')
      throw new CrosspointError('unknown_model', { model: name.slice(0, 200) }, { cause });
    throw cause;
  }
}

/** What cannot be used is left out, and why is kept. */
function tolerant(problems: CrosspointError[], work: () => Way[]): Way[] {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    problems.push(cause);
    return [];
  }
}

function unusable({ provider, model }: Target, reason: string): CrosspointError {
  return new CrosspointError('model_unavailable', { model: `${provider}/${model}`, reason });
}

/** One reason is said as it is; of several each one. */
function nothingLeft(chain: string, problems: readonly CrosspointError[]): CrosspointError {
  const [first] = problems;
  if (!first) return new CrosspointError('unknown_model', { model: chain.slice(0, 200) });
  if (problems.length === 1 || problems.every(({ code }) => code === 'unknown_model')) return first;
  const reason = problems.map(({ message }) => message).join(' ');
  return new CrosspointError('model_unavailable', { model: chain.slice(0, 200), reason });
}

function breakerSettings(config: GatewayConfig['breaker']): BreakerSettings {
  const { errorRatio, minRequests, windowSeconds, openSeconds, probes } = config;
  return { errorRatio, minRequests, windowMs: windowSeconds * 1_000, openMs: openSeconds * 1_000, probes };
}
