import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import { ConfigError, type Config } from '#server/config.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import { configOf, resolveCustom, resolveName, type NameResolver } from './resolve-name.ts';
import type { Provider } from './types.ts';

/**
 * What DEFAULT_MODEL_PROVIDER and DEFAULT_MODEL say, checked now and asked for later: null when they are not set, or name
 * a provider whose models are not found yet. A model that exists but cannot be used at the moment is taken as it is:
 * choosing it says why, and nothing else is silently used in its place.
 * @throws ConfigError that names the variable
 */
export function configuredDefault(resolver: NameResolver, config: Config): () => ModelConfig | null {
  const { defaultProvider, defaultModel } = config;
  if (defaultProvider !== null && !resolver.providers.has(defaultProvider))
    throw new ConfigError(
      'DEFAULT_MODEL_PROVIDER',
      `there is no provider "${defaultProvider}". Use one of: ${[...resolver.providers.keys()].join(', ')}.`,
    );
  if (defaultModel !== null) {
    const chosen = chosenDefault(resolver, defaultProvider, defaultModel);
    return () => ({ ...chosen });
  }
  const provider = defaultProvider === null ? undefined : resolver.providers.get(defaultProvider);
  return () => (provider ? bestOf(resolver, provider, () => true) : null);
}

function chosenDefault(resolver: NameResolver, provider: string | null, model: string): ModelConfig {
  try {
    return provider === null ? resolveName(resolver, model) : withinProvider(resolver, provider, model);
  } catch (cause) {
    if (!(cause instanceof CrosspointError)) throw cause;
    throw new ConfigError(
      'DEFAULT_MODEL',
      `"${model}" is no model. Use a preset such as gpt-4o, or provider/model, e.g. openai/gpt-5.5.`,
    );
  }
}

/** A preset's name is also good beside its provider; otherwise the provider knows what its models are called. */
function withinProvider(resolver: NameResolver, provider: string, model: string): ModelConfig {
  const named = tryName(resolver, model);
  return named?.provider === provider ? named : resolveCustom(resolver, provider, model);
}

function tryName(resolver: NameResolver, name: string): ModelConfig | null {
  try {
    return resolveName(resolver, name);
  } catch (cause) {
    if (cause instanceof CrosspointError) return null;
    throw cause;
  }
}

/** The best model of the first provider that can be used; the demo is the last of them and always can. */
export function firstUsable(resolver: NameResolver): ModelConfig {
  for (const provider of resolver.providers.values()) {
    const best = bestOf(resolver, provider, resolver.usable);
    if (best) return best;
  }
  return { provider: 'demo', model: 'scripted-chat' };
}

/** The provider's own choice, else its first model that can use tools: without them it is no agent. */
function bestOf(
  { table }: NameResolver,
  provider: Provider,
  usable: (facts: ModelFacts) => boolean,
): ModelConfig | null {
  const { id, defaultModel } = provider;
  const chosen = defaultModel ? table.get({ provider: id, model: defaultModel }) : undefined;
  if (chosen && usable(chosen)) return configOf(chosen);
  const other = table
    .all()
    .find((facts) => facts.provider === id && facts.capabilities.tools && usable(facts));
  return other ? configOf(other) : null;
}
