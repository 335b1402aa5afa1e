import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { Connection, Target } from '../types.ts';
import type { Candidate, Router } from './types.ts';

/** What the router asks of the table of models. */
export interface ModelDirectory {
  resolveName(name: string): ModelConfig;
  assertUsable(config: ModelConfig): void;
  target(config: ModelConfig): Target;
}

const longestChain = 10;

/** Each model behind its provider's one endpoint, in the order of the chain. */
export function configuredRouter(
  models: ModelDirectory,
  connections: ReadonlyMap<string, Connection>,
): Router {
  return {
    candidates(chain) {
      const names = chain
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      if (!names.length || names.length > longestChain)
        throw new CrosspointError('unknown_model', { model: chain });
      const found: Candidate[] = [];
      let problem: CrosspointError | undefined;
      for (const name of names) {
        try {
          found.push(candidate(models, connections, name));
        } catch (cause) {
          if (!(cause instanceof CrosspointError)) throw cause;
          problem ??= cause;
        }
      }
      if (!found.length && problem) throw problem;
      return found;
    },
    report: () => undefined,
  };
}

function candidate(
  models: ModelDirectory,
  connections: ReadonlyMap<string, Connection>,
  name: string,
): Candidate {
  const config = resolved(models, name);
  models.assertUsable(config);
  const connection = connections.get(config.provider);
  if (!connection) throw new CrosspointError('unknown_model', { model: name });
  return { target: models.target(config), connection, id: config.provider };
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
