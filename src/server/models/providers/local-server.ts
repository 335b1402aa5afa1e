import type { Config } from '#server/config.ts';
import type { Dialect } from '#server/gateway/types.ts';
import type { ModelFacts } from '../catalogue/facts.ts';
import { fetchJson } from '../fetch-json.ts';
import type { Provider } from '../types.ts';
import { withFamily } from './model-families.ts';

/** A server on loopback answers at once or is not there. */
const probeMs = 1_000;
const maxBytes = 4_000_000;
const maxModels = 200;

/** What is particular to a model server on this machine; all of them speak OpenAI's chat wire under `/v1`. */
export interface LocalServer extends Pick<Provider, 'label' | 'rank'> {
  id: keyof Config['localServers'];
  variable: string;
  dialect?: Dialect;
  /** What it offers, through its own API. Throws when this server is not at that address. */
  models(ask: Ask): Promise<LocalModel[]>;
}

/** Asks the server; a `body` makes it a POST. */
export type Ask = (path: string, body?: object) => Promise<unknown>;

export interface LocalModel {
  model: string;
  contextWindow?: number | null;
  capabilities?: Partial<ModelFacts['capabilities']>;
  /** It runs on another's machine, at a price that nobody here knows. */
  elsewhere?: boolean;
}

export function localServer(server: LocalServer): Provider {
  const { id, label, rank, variable, dialect = {} } = server;
  return {
    id,
    label,
    kind: 'local',
    rank,
    variable,
    connect: (config) => ({
      provider: id,
      label,
      baseUrl: `${rootOf(config, id)}/v1`,
      apiKey: null,
      apiKeyVariable: variable,
      auth: 'none',
      headers: {},
      dialect,
    }),
    unavailableReason: (config) =>
      `No ${label} server answers at ${rootOf(config, id)}. Start it, or set ${variable}, and try again.`,
    async discover(config, signal) {
      const ask: Ask = (path, body) =>
        fetchJson(rootOf(config, id) + path, {
          signal,
          timeoutMs: probeMs,
          maxBytes,
          ...(body ? { body } : {}),
        });
      const models = await server.models(ask);
      return models.slice(0, maxModels).map((model) => factsOf(server, model));
    },
    guess: (model) => withFamily(model, guessed),
  };
}

/** The address may be given with `/v1`, as other programs want it. */
function rootOf(config: Config, id: LocalServer['id']): string {
  return config.localServers[id].replace(/\/v1$/, '');
}

const guessed: ReturnType<Provider['guess']> = {
  wire: 'openai-chat',
  capabilities: { tools: true, images: false, reasoning: false, temperature: true },
};

function factsOf({ id, label }: LocalServer, found: LocalModel): ModelFacts {
  const { guessed: unsure, ...named } = withFamily(found.model, guessed);
  return {
    ...named,
    // What the server itself says is no guess.
    ...(unsure && found.capabilities?.images === undefined ? { guessed: unsure } : {}),
    provider: id,
    model: found.model,
    label: found.model,
    // A machine of one's own sends no bill.
    cost: found.elsewhere ? { input: null, output: null } : { input: 0, output: 0 },
    contextWindow: found.contextWindow ?? null,
    maxOutput: null,
    capabilities: { ...named.capabilities, ...found.capabilities },
    source: `the ${label} server`,
    asOf: new Date().toISOString().slice(0, 10),
  };
}
