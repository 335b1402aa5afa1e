import type { Config, CustomProviderConfig } from '#server/config.ts';
import type { Connection } from '#server/gateway/types.ts';
import type { ModelFacts } from '../catalogue/facts.ts';
import { fetchJson } from '../fetch-json.ts';
import type { Provider } from '../types.ts';
import { withFamily } from './model-families.ts';
import { readModelList } from './model-list.ts';

const listMs = 3_000;
const maxBytes = 4_000_000;
const maxModels = 500;

/** Any compatible server that `CUSTOM_PROVIDERS` describes. */
export function customProviders(config: Config): Provider[] {
  return config.customProviders.map((custom, index) => ({
    id: custom.id,
    label: custom.label,
    kind: 'custom',
    rank: 10 + index / 1_000,
    variable: custom.apiKeyEnv ?? 'CUSTOM_PROVIDERS',
    connect: (now) => connectionOf(custom, now),
    unavailableReason: () => `${custom.apiKeyEnv} is not set. Add it to .env and start again.`,
    ...(custom.models[0] ? { defaultModel: custom.models[0] } : {}),
    configuredModels: () => custom.models.map((model) => factsOf(custom, model)),
    ...(custom.models.length === 0
      ? { discover: (now: Config, signal: AbortSignal) => discover(custom, now, signal) }
      : {}),
    guess: (model) => guessFor(custom, model),
  }));
}

function connectionOf(custom: CustomProviderConfig, config: Config): Connection | null {
  const { id, label, baseUrl, apiKeyEnv, wire } = custom;
  const apiKey = apiKeyEnv ? (config.customKeys[apiKeyEnv] ?? null) : null;
  if (apiKeyEnv && apiKey === null) return null;
  return {
    provider: id,
    label,
    baseUrl,
    apiKey,
    apiKeyVariable: apiKeyEnv ?? 'CUSTOM_PROVIDERS',
    auth: apiKey === null ? 'none' : wire === 'anthropic-messages' ? 'x-api-key' : 'bearer',
    headers: {},
    dialect: {},
  };
}

function guessFor({ wire }: CustomProviderConfig, model: string): ReturnType<Provider['guess']> {
  const capabilities = { tools: true, images: false, reasoning: false, temperature: true };
  return withFamily(model, { wire, capabilities });
}

function factsOf(custom: CustomProviderConfig, model: string, source = 'CUSTOM_PROVIDERS'): ModelFacts {
  return {
    provider: custom.id,
    model,
    label: model,
    // Nobody here knows what it charges.
    cost: { input: null, output: null },
    contextWindow: null,
    maxOutput: null,
    ...guessFor(custom, model),
    source,
    asOf: new Date().toISOString().slice(0, 10),
  };
}

/** Asked only when the configuration names no models: the person's own list is the better one. */
async function discover(
  custom: CustomProviderConfig,
  config: Config,
  signal: AbortSignal,
): Promise<ModelFacts[]> {
  const connection = connectionOf(custom, config);
  if (!connection) return [];
  const { baseUrl, apiKey, auth } = connection;
  const anthropic = custom.wire === 'anthropic-messages';
  const headers: Record<string, string> = {
    ...(auth === 'bearer' ? { authorization: `Bearer ${apiKey}` } : {}),
    ...(auth === 'x-api-key' ? { 'x-api-key': apiKey ?? '' } : {}),
    ...(anthropic ? { 'anthropic-version': '2023-06-01' } : {}),
  };
  const url = `${baseUrl}${anthropic ? '/v1' : ''}/models`;
  const answer = await fetchJson(url, { signal, timeoutMs: listMs, maxBytes, headers });
  const listed = readModelList(answer).slice(0, maxModels);
  return listed.map(({ id, max_model_len: size }) => ({
    ...factsOf(custom, id, `the list of ${custom.label}`),
    contextWindow: size ?? null,
  }));
}
