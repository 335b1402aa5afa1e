import { CrosspointError } from '#protocol/errors.ts';
import type { Connection } from '../types.ts';
import { allowedModels } from './allowed-models.ts';
import type { Choice } from './call.ts';
import { fallsBackOn } from './fallbacks.ts';
import type { GatewayParts } from './parts.ts';
import type { Caller, Fallback, ModelUse } from './types.ts';

/**
 * What may serve a call, in order: the chain that `model` names, or the targets of `Helicone-Fallbacks`.
 * @throws CrosspointError `unknown_model`, `model_unavailable`, `model_not_allowed`, `unknown_target`
 */
export function choicesFor(
  parts: Pick<GatewayParts, 'router' | 'connections'>,
  caller: Caller,
  model: string,
  fallbacks: readonly Fallback[] | null,
  use: ModelUse = 'answers',
): Choice[] {
  const found = fallbacks
    ? fallbacks.flatMap((fallback) => fallbackChoices(parts, model, fallback, use))
    : parts.router
        .candidates(model, use)
        .map((candidate) => ({ candidate, override: null, movesOn: () => true }));
  const isAllowed = allowedModels(caller, parts.router, use);
  const allowed = found.filter(({ candidate }) => isAllowed(candidate.target));
  if (allowed.length) return allowed;
  const { models } = caller;
  throw new CrosspointError('model_not_allowed', {
    model: model.slice(0, 200),
    allowed: models?.slice(0, 10).join(', ') || 'none',
  });
}

/** `Helicone-Model-Override`: what a call costs is that of another model; which one is asked stays. */
export function pricedAs(
  { router }: Pick<GatewayParts, 'router'>,
  override: string | null,
  choices: Choice[],
): Choice[] {
  const cost = override === null ? undefined : router.candidates(override)[0]?.target.cost;
  if (!cost) return choices;
  for (const choice of choices) choice.cost = cost;
  return choices;
}

/** The model of an entry at the provider that is configured for its origin, with each of its keys. */
function fallbackChoices(
  { router, connections }: Pick<GatewayParts, 'router' | 'connections'>,
  model: string,
  fallback: Fallback,
  use: ModelUse,
): Choice[] {
  const { origin } = new URL(fallback.targetUrl);
  const connection = [...connections.values()].find((each) => originsOf(each).includes(origin));
  if (!connection) throw new CrosspointError('unknown_target');
  const { model: overridden, ...override } = fallback.bodyOverride ?? {};
  const id = typeof overridden === 'string' ? overridden : model;
  const name = id.startsWith(`${connection.provider}/`) ? id : `${connection.provider}/${id}`;
  return router.candidates(name, use).map((candidate) => ({
    candidate,
    override: Object.keys(override).length ? override : null,
    movesOn: (status) => fallsBackOn(fallback, status),
  }));
}

function originsOf({ baseUrl, heliconeBaseUrl }: Connection): string[] {
  return [baseUrl, heliconeBaseUrl].flatMap((url) => (url ? [new URL(url).origin] : []));
}
