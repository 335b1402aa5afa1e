import { CrosspointError } from '#protocol/errors.ts';
import type { Caller, ModelUse, Router } from './types.ts';

interface Named {
  provider: string;
  model: string;
}

/**
 * What a key may use: `provider/model`, `provider/*`, and the models behind a name (of the gateway's configuration, a preset,
 * a bare id) as they are at the moment of the call.
 */
export function allowedModels(
  { models }: Pick<Caller, 'models'>,
  router: Pick<Router, 'candidates'>,
  use: ModelUse = 'answers',
): (model: Named) => boolean {
  if (models === null) return () => true;
  const behindNames = models
    .filter((entry) => !entry.includes('/'))
    .flatMap((name) => behind(name, router, use));
  const allowed = new Set([...models, ...behindNames]);
  return ({ provider, model }) => allowed.has(`${provider}/${model}`) || allowed.has(`${provider}/*`);
}

/** A name that nothing is behind any more allows nothing. */
function behind(name: string, router: Pick<Router, 'candidates'>, use: ModelUse): string[] {
  try {
    return router.candidates(name, use).map(({ target: { provider, model } }) => `${provider}/${model}`);
  } catch (cause) {
    if (cause instanceof CrosspointError) return [];
    throw cause;
  }
}
