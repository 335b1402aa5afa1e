import { CrosspointError } from '#protocol/errors.ts';
import type { ModelConfig } from '#protocol/model.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import type { ModelTable } from './model-table.ts';
import { presets } from './presets.ts';
import type { Provider } from './types.ts';

export interface NameResolver {
  table: ModelTable;
  providers: ReadonlyMap<string, Provider>;
  /** Whether a model can be used now. */
  usable(facts: ModelFacts): boolean;
}

/** A model id as it may stand in a request, a header and a URL. */
const modelId = /^[^\s\p{Cc}]{1,200}$/u;

/**
 * What a name means: a preset; `provider/model` that is known; the bare id of a known model (Groq and OpenRouter have ids
 * with slashes of their own); any other `provider/model`, for models that are newer than the catalogue.
 * @throws CrosspointError `invalid_model_preset`
 */
export function resolveName(resolver: NameResolver, name: string): ModelConfig {
  const { table, providers } = resolver;
  const wanted = name.trim();
  const preset = Object.hasOwn(presets, wanted) ? presets[wanted] : undefined;
  if (preset) return configOf(table.describe(preset));
  const slash = wanted.indexOf('/');
  const full = { provider: wanted.slice(0, Math.max(0, slash)), model: wanted.slice(slash + 1) };
  const known = table.get(full) ?? bareId(resolver, wanted) ?? inDashes(resolver, full, wanted);
  if (known) return configOf(known);
  if (!providers.has(full.provider) || !modelId.test(full.model))
    throw new CrosspointError('invalid_model_preset');
  return full;
}

/**
 * A person's own choice of provider and model, which nobody needs to know.
 * @throws CrosspointError `missing_model`, `unknown_provider`
 */
export function resolveCustom(resolver: NameResolver, provider: string, model: string): ModelConfig {
  const chosen = { provider: provider.trim(), model: model.trim() };
  if (!chosen.provider || !chosen.model) throw new CrosspointError('missing_model');
  if (!resolver.providers.has(chosen.provider)) {
    const known = [...resolver.providers.keys()].join(', ');
    throw new CrosspointError('unknown_provider', { provider: chosen.provider, known });
  }
  if (!modelId.test(chosen.model))
    throw new CrosspointError('bad_request', { detail: 'A model id has 1 to 200 characters and no spaces.' });
  return resolver.table.get(chosen) ? chosen : { ...chosen, model: idInDashes(chosen) };
}

/** Anthropic's ids have no dots, its names have: "Claude Sonnet 5.5" is `claude-sonnet-5-5`. */
function idInDashes({ provider, model }: Pick<ModelConfig, 'provider' | 'model'>): string {
  return provider === 'anthropic' && model.startsWith('claude-')
    ? model.replace(/(?<=\d)\.(?=\d)/g, '-')
    : model;
}

function inDashes(
  resolver: NameResolver,
  { provider, model }: Pick<ModelConfig, 'provider' | 'model'>,
  wanted: string,
): ModelFacts | undefined {
  const spelled = wanted.includes('/') ? { provider, model } : { provider: 'anthropic', model: wanted };
  return resolver.table.get({ provider: spelled.provider, model: idInDashes(spelled) });
}

/** Several providers may have the same id: one that can be used goes first, then the order of the picker. */
function bareId({ table, usable }: NameResolver, id: string): ModelFacts | undefined {
  const same = table.all().filter(({ model }) => model === id);
  return same.find(usable) ?? same[0];
}

export function configOf({ provider, model, defaultEffort }: ModelFacts): ModelConfig {
  return { provider, model, ...(defaultEffort ? { reasoningEffort: defaultEffort } : {}) };
}
