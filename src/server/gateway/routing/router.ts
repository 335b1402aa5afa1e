import type { EndpointHealthState } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { Target } from '../types.ts';
import type { AttemptOutcome, Candidate, ModelUse, Router } from '../v1/types.ts';
import type { GatewayConfig, NamedModel } from './gateway-config.ts';
import type { KeyRouter, Way } from './key-router.ts';

/** What the router asks of the table of models. */
export interface ModelDirectory {
  resolveName(name: string): ModelConfig;
  assertUsable(config: ModelConfig, use: ModelUse): void;
  target(config: ModelConfig): Target;
}

/** What is looked for, and why some of it was left out. */
interface Search {
  use: ModelUse;
  problems: CrosspointError[];
}

const longestChain = 10;

/** Chain → names of the configuration, presets, `provider/model`, bare ids → endpoints × keys, in their order. */
export class ModelRouter implements Router {
  readonly #models: ModelDirectory;
  readonly #keys: KeyRouter;

  constructor(models: ModelDirectory, keys: KeyRouter) {
    this.#models = models;
    this.#keys = keys;
  }

  candidates(chain: string, use: ModelUse = 'answers'): Candidate[] {
    const problems: CrosspointError[] = [];
    const found = this.#all(chain, { use, problems });
    if (!found.length) throw nothingLeft(chain, problems);
    return this.#keys.blockedLast(found);
  }

  leftOut(chain: string, use: ModelUse = 'answers'): string[] {
    const problems: CrosspointError[] = [];
    this.#all(chain, { use, problems });
    return problems.map(({ message }) => message);
  }

  names(): { name: string; candidates: Candidate[] }[] {
    const config = this.#keys.config();
    const search: Search = { use: 'answers', problems: [] };
    return Object.keys(config.models)
      .map((name) => ({ name, candidates: this.#named(config, name, search) }))
      .filter(({ candidates }) => candidates.length > 0);
  }

  begin(candidate: Candidate, force?: boolean): boolean {
    return this.#keys.begin(candidate, force);
  }

  leastBad(candidates: readonly Candidate[]): Candidate {
    return this.#keys.leastBad(candidates);
  }

  report(candidate: Candidate, outcome: AttemptOutcome): void {
    this.#keys.report(candidate, outcome);
  }

  /** Of all endpoints that the configuration names, and of everything else that was asked. */
  health(): EndpointHealthState[] {
    const config = this.#keys.config();
    const named = Object.values(config.models).flatMap((model) =>
      this.#endpoints(config, model, { use: 'answers', problems: [] }),
    );
    return this.#keys.health(named);
  }

  #all(chain: string, search: Search): Candidate[] {
    const config = this.#keys.config();
    return namesOf(chain).flatMap((name) => this.#named(config, name, search));
  }

  #named(config: GatewayConfig, name: string, search: Search): Candidate[] {
    const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
    if (model) return this.#endpoints(config, model, search);
    const ways = tolerant(search, () => this.#ways(config, resolved(this.#models, name), search.use));
    return this.#keys.arranged(ways, config.strategy);
  }

  #endpoints(config: GatewayConfig, model: NamedModel, search: Search): Candidate[] {
    const ways = model.endpoints.flatMap(({ provider, model: id, weight, key }) =>
      tolerant(search, () => this.#ways(config, { provider, model: id }, search.use, weight, key)),
    );
    return this.#keys.arranged(ways, model.strategy ?? config.strategy);
  }

  /** @throws CrosspointError that says why it cannot be used */
  #ways(config: GatewayConfig, chosen: ModelConfig, use: ModelUse, weight = 1, key?: string): Way[] {
    this.#models.assertUsable(chosen, use);
    return this.#keys.ways(config, this.#models.target(chosen), weight, key);
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
function tolerant({ problems }: Search, work: () => Way[]): Way[] {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    problems.push(cause);
    return [];
  }
}

/** One reason is said as it is; of several each one. */
function nothingLeft(chain: string, problems: readonly CrosspointError[]): CrosspointError {
  const [first] = problems;
  if (!first) return new CrosspointError('unknown_model', { model: chain.slice(0, 200) });
  if (problems.length === 1 || problems.every(({ code }) => code === 'unknown_model')) return first;
  const reason = problems.map(({ message }) => message).join(' ');
  return new CrosspointError('model_unavailable', { model: chain.slice(0, 200), reason });
}
