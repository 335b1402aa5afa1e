import { isDeepStrictEqual } from 'node:util';
import type { ProviderState } from '#protocol/answers.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Model, ModelConfig } from '#protocol/model.ts';
import type { Config } from '#server/config.ts';
import type { Connection, Target } from '#server/gateway/types.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { isConfigured, whyUnavailable, type Availability } from './availability.ts';
import { configuredDefault, firstUsable } from './default-model.ts';
import { Discovery } from './discovery.ts';
import { ModelStates } from './model-states.ts';
import { ModelTable } from './model-table.ts';
import { presets } from './presets.ts';
import { providersOf } from './providers/index.ts';
import type { FactsPatch } from './refresh/patch.ts';
import {
  fetchFacts,
  readStored,
  writeStored,
  type RefreshLogger,
  type RefreshOptions,
} from './refresh/refresh.ts';
import { readChoice, writeChoice } from './remembered-choice.ts';
import { resolveCustom, resolveName, type NameResolver } from './resolve-name.ts';
import type { ModelUse, Provider, RunningModelManager } from './types.ts';

export interface ModelManagerOptions {
  config: Config;
  settings: Pick<SettingsStore, 'get' | 'set'>;
  logger?: RefreshLogger;
  /** Epoch milliseconds; the time of day where left out. */
  now?(): number;
  /** Where newer facts come from; for tests. */
  modelsDevUrl?: string;
}

/**
 * Reads what is remembered and begins to look for local servers, without waiting for them.
 * @throws ConfigError for a wrong DEFAULT_MODEL, DEFAULT_MODEL_PROVIDER or CUSTOM_PROVIDERS
 */
export async function createModelManager(options: ModelManagerOptions): Promise<RunningModelManager> {
  const { settings } = options;
  const [{ patches }, remembered] = await Promise.all([readStored(settings), readChoice(settings)]);
  const manager = new Manager(options, patches, remembered);
  void manager.lookForServers();
  return manager;
}

class Manager implements RunningModelManager {
  readonly #table: ModelTable;
  /** One map for the life of the process: the gateway holds it. */
  readonly #connections = new Map<string, Connection>();
  readonly #refreshOptions: RefreshOptions;
  readonly #parts: Availability;
  readonly #states: ModelStates;
  readonly #resolver: NameResolver;
  readonly #discovery: Discovery;
  readonly #default: () => ModelConfig | null;
  #remembered: ModelConfig | null;

  constructor(options: ModelManagerOptions, patches: FactsPatch[], remembered: ModelConfig | null) {
    const { config } = options;
    this.#refreshOptions = {
      now: () => Date.now(),
      modelsDevUrl: 'https://models.dev/api.json',
      logger: { warn: () => undefined },
      ...options,
    };
    const listed = providersOf(config);
    const providers = new Map(listed.map((provider) => [provider.id, provider]));
    const named = listed.flatMap((provider) => provider.configuredModels?.(config) ?? []);
    this.#table = new ModelTable(providers, named);
    this.#table.setFetched(patches);
    connect(this.#connections, listed, config);
    this.#parts = { config, table: this.#table, providers, connections: this.#connections };
    this.#states = new ModelStates(this.#parts, this.#refreshOptions.now);
    this.#resolver = { table: this.#table, providers, usable: (facts) => this.#states.isUsable(facts) };
    this.#discovery = new Discovery(config, listed, this.#refreshOptions.now, (provider, models) => {
      // What a remote list once gave stays: it did not vanish because one request failed.
      if (models || provider.kind === 'local') this.#table.setFound(provider.id, models);
    });
    this.#default = configuredDefault(this.#resolver, config);
    this.#remembered = remembered;
  }

  list(): Model[] {
    void this.lookForServers();
    const rows = this.#table.all().filter(({ embedding }) => !embedding);
    return rows.map((facts) => this.#states.show(facts));
  }

  presets(): string[] {
    return Object.keys(presets);
  }

  resolveName(name: string): ModelConfig {
    return resolveName(this.#resolver, name);
  }

  resolveCustom(provider: string, model: string): ModelConfig {
    return resolveCustom(this.#resolver, provider, model);
  }

  assertUsable(config: ModelConfig, use: ModelUse = 'answers'): void {
    const facts = this.#table.describe(config);
    const provider = this.#parts.providers.get(facts.provider)?.label ?? facts.provider;
    if (this.#states.statusOf(facts) === 'retired')
      throw new CrosspointError('model_retired', {
        model: facts.label,
        provider,
        when: facts.retiresOn ? ` on ${facts.retiresOn}` : '',
        successor: this.#states.successorOf(facts) ?? 'another model',
      });
    const reason = whyUnavailable(this.#parts, facts, use);
    if (reason === null) return;
    // A server that was started a moment ago is found for the next try.
    void this.lookForServers();
    throw new CrosspointError('model_unavailable', { model: `${facts.label} (${provider})`, reason });
  }

  describe(config: Pick<ModelConfig, 'provider' | 'model'>): Model {
    return this.#states.show(this.#table.describe(config));
  }

  /** Made anew each time and from facts only: nothing that a setting or a refresh changes is ever kept. */
  target(config: ModelConfig): Target {
    const facts = this.#table.describe(config);
    const { provider, model, wire, cost, contextWindow, maxOutput, capabilities } = facts;
    const { dialect, heliconeModel } = facts;
    return {
      provider,
      model,
      wire,
      cost,
      contextWindow,
      maxOutput,
      capabilities: { ...capabilities },
      ...(dialect ? { dialect } : {}),
      ...(heliconeModel ? { heliconeModel } : {}),
    };
  }

  defaultConfig(): ModelConfig {
    const configured = this.#default();
    if (configured) return configured;
    const last = this.#remembered;
    if (last && this.#states.isUsable(this.#table.describe(last))) return { ...last };
    return firstUsable(this.#resolver);
  }

  async rememberChoice(config: ModelConfig): Promise<void> {
    this.#remembered = { ...config };
    await writeChoice(this.#refreshOptions.settings, config);
  }

  async refresh(signal: AbortSignal): Promise<void> {
    try {
      const patches = await fetchFacts(this.#refreshOptions, signal);
      if (!patches) return;
      this.#table.setFetched(patches);
      await writeStored(this.#refreshOptions, patches);
    } catch (cause) {
      this.#refreshOptions.logger.warn({ cause }, 'newer model facts could not be stored');
    }
  }

  connections(): ReadonlyMap<string, Connection> {
    return this.#connections;
  }

  reconnect(config: Config): void {
    this.#parts.config = config;
    connect(this.#connections, this.#parts.providers.values(), config);
  }

  providerStates(): ProviderState[] {
    const usable = this.#table.all().filter((facts) => this.#states.isUsable(facts));
    return [...this.#parts.providers.values()].map((provider) => {
      const { id, label, kind, variable } = provider;
      const configured = isConfigured(this.#parts, provider);
      return {
        id,
        label,
        kind,
        configured,
        ...(variable ? { variable } : {}),
        ...(configured ? {} : { reason: provider.unavailableReason(this.#parts.config) }),
        models: usable.filter((facts) => facts.provider === id).length,
      };
    });
  }

  lookForServers(): Promise<void> {
    return this.#discovery.look();
  }

  close(): void {
    this.#discovery.close();
  }
}

/** A connection that stays the same stays the same object: what is kept for it stays good. */
function connect(connections: Map<string, Connection>, providers: Iterable<Provider>, config: Config): void {
  for (const provider of providers) {
    const connection = provider.connect(config);
    const known = connections.get(provider.id);
    if (!connection) connections.delete(provider.id);
    else if (!known || !isDeepStrictEqual(connection, known)) connections.set(provider.id, connection);
  }
}
