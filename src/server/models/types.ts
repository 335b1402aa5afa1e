import type { ProviderState } from '#protocol/answers.ts';
import type { Model, ModelConfig } from '#protocol/model.ts';
import type { Connection, Target } from '#server/gateway/types.ts';
import type { Config } from '#server/config.ts';
import type { ModelFacts } from './catalogue/facts.ts';

/** What a model is asked for: some make only vectors, for a search. */
export type ModelUse = 'answers' | 'embeddings';

/** One provider, one file in `providers/`, one line in `providers/index.ts`. */
export interface Provider {
  id: string;
  label: string;
  kind: ProviderState['kind'];
  /** Order in the picker and of the default model. */
  rank: number;
  /** The environment variable that adds it. */
  variable?: string;
  /** null when it is not configured (no key). A local server always has an address; `discover` tells whether it is there. */
  connect(config: Config): Connection | null;
  /** Why it cannot be used, for the picker: a sentence with the way out. */
  unavailableReason(config: Config): string;
  /** The provider's best model for a new conversation. */
  defaultModel?: string;
  /** Models that the configuration names. */
  configuredModels?(config: Config): ModelFacts[];
  /** Models that are only known at run time (local servers, custom providers). Throws when nobody answers. */
  discover?(config: Config, signal: AbortSignal): Promise<ModelFacts[]>;
  /** How to speak to a model of this provider that nobody knows, and what it can probably do. */
  guess(model: string): Pick<ModelFacts, 'wire' | 'capabilities' | 'dialect' | 'guessed'>;
}

/** Users know it by this name. Presets, custom models, the default; what a model is, costs and can do. */
export interface ModelManager {
  /** Every model of the catalogue and every one found, with availability. */
  list(): Model[];
  /** The names that `modelName` takes. */
  presets(): string[];
  /** A preset name, `provider/model`, or a bare model id. Throws `invalid_model_preset`. Retired presets resolve. */
  resolveName(name: string): ModelConfig;
  /** Checks a custom choice. Throws `unknown_provider`, `missing_model`. */
  resolveCustom(provider: string, model: string): ModelConfig;
  /** Throws `model_retired` or `model_unavailable` with the provider, the date and the successor: before a request is spent. */
  assertUsable(config: ModelConfig, use?: ModelUse): void;
  describe(config: Pick<ModelConfig, 'provider' | 'model'>): Model;
  /** What the gateway sends to. */
  target(config: ModelConfig): Target;
  /** DEFAULT_MODEL, else the last choice of this person, else the first configured provider's best, else the demo. */
  defaultConfig(): ModelConfig;
  /** Remembers a choice over restarts. */
  rememberChoice(config: ModelConfig): Promise<void>;
  /** Fetches newer facts when the network allows; never throws. */
  refresh(signal: AbortSignal): Promise<void>;
}

/** The one of a running server, as `app.ts` has it. */
export interface RunningModelManager extends ModelManager {
  /** By provider id, for the gateway. One live map: it follows what is found at run time. */
  connections(): ReadonlyMap<string, Connection>;
  /** Other keys are set: their providers come and go. */
  reconnect(config: Config): void;
  /** For `GET /api/config`. */
  providerStates(): ProviderState[];
  /** Looks for local servers again, unless that was done just now. Ends within about a second; never throws. */
  lookForServers(): Promise<void>;
  /** Ends what runs in the background. */
  close(): void;
}
