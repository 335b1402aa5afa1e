import type { Model, ModelConfig } from '#protocol/model.ts';
import type { Connection, Target } from '#server/gateway/types.ts';
import type { Config } from '#server/config.ts';

/** One provider, one file in `providers/`, one line in `providers/index.ts`. */
export interface Provider {
  id: string;
  label: string;
  /** Order in the picker and of the default model. */
  rank: number;
  /** null when it is not configured (no key, no server found). */
  connect(config: Config): Connection | null;
  /** Why it cannot be used, for the picker; only asked when `connect` gave null. */
  unavailableReason(config: Config): string;
  /** The provider's best model for a new conversation. */
  defaultModel?: string;
  /** Models that are only known at run time (local servers, custom providers). */
  discover?(config: Config, signal: AbortSignal): Promise<Model[]>;
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
  assertUsable(config: ModelConfig): void;
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
