import { CrosspointError } from '#protocol/errors.ts';
import { ConfigError, type Config } from '#server/config.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { wrongName, type KnownProvider } from './check-names.ts';
import {
  emptyGatewayConfig,
  parseGatewayConfig,
  type ConfigProblem,
  type GatewayConfig,
} from './gateway-config.ts';
import type { WarningLogger } from './health-board.ts';

export interface GatewayFile {
  path: string;
  config: GatewayConfig;
}

export interface GatewaySettingsOptions {
  /** null: there is none, and the settings hold. */
  file: GatewayFile | null;
  settings: Pick<SettingsStore, 'get' | 'set'>;
  logger: WarningLogger;
}

const stored = 'gateway.config';

/** The gateway's configuration: of its file where there is one, else of the settings. */
export async function openGatewaySettings(options: GatewaySettingsOptions): Promise<GatewaySettings> {
  const { file } = options;
  const config = file?.config ?? (await readStored(options));
  return new GatewaySettings(options.settings, file, config);
}

/** The gateway's configuration as it is now. A file wins, and is changed in an editor only. */
export class GatewaySettings {
  readonly #settings: Pick<SettingsStore, 'set'>;
  readonly #file: GatewayFile | null;
  #config: GatewayConfig;
  /** Told after each change. */
  onChange: () => void = () => undefined;

  constructor(settings: Pick<SettingsStore, 'set'>, file: GatewayFile | null, config: GatewayConfig) {
    this.#settings = settings;
    this.#file = file;
    this.#config = config;
  }

  /** For one request: the next one may find another. */
  readonly current = (): GatewayConfig => this.#config;

  /** Of the file that it comes from; null when it can be changed here. */
  get file(): string | null {
    return this.#file?.path ?? null;
  }

  /** @throws ConfigError when the file names what does not exist */
  checkFile(providers: readonly KnownProvider[]): void {
    const problem = this.#file && wrongName(this.#config, providers);
    if (problem && this.#file) throw wrongFile(this.#file.path, problem);
  }

  /** Applies to the next request. @throws CrosspointError `gateway_read_only`, `bad_request` that names the place */
  async change(config: GatewayConfig, providers: readonly KnownProvider[]): Promise<void> {
    if (this.#file) throw new CrosspointError('gateway_read_only', { file: this.#file.path });
    const problem = wrongName(config, providers);
    if (problem)
      throw new CrosspointError('bad_request', {
        detail: `The field "${problem.path}" is wrong: ${problem.sentence}.`,
      });
    await this.#settings.set(stored, JSON.stringify(config));
    this.#config = config;
    this.onChange();
  }
}

/** Says which file and where in it. */
export function wrongFile(path: string, { path: place, sentence }: ConfigProblem): ConfigError {
  return new ConfigError('GATEWAY_CONFIG', `${path}: ${place ? `at ${place}: ` : ''}${sentence}.`);
}

async function readStored({ settings, logger }: GatewaySettingsOptions): Promise<GatewayConfig> {
  const parsed = parseGatewayConfig(JSON.parse((await settings.get(stored)) ?? 'null'));
  if ('config' in parsed) return parsed.config;
  const { path, sentence } = parsed.problem;
  logger.warn({ path, sentence }, 'the stored configuration of the gateway is not used');
  return emptyGatewayConfig;
}

/** What a person may want to know about the variables that a configuration names: never their values. */
export function namedVariables(
  { keys, models }: GatewayConfig,
  secretOf: (variable: string) => string | null,
): { name: string; set: boolean }[] {
  const ofProviders = Object.values(keys).flatMap((each) => each.map(({ key }) => key));
  const ofEndpoints = Object.values(models).flatMap(({ endpoints }) =>
    endpoints.flatMap(({ key }) => (key === undefined ? [] : [key])),
  );
  const names = [...new Set([...ofProviders, ...ofEndpoints])].sort();
  return names.map((name) => ({ name, set: secretOf(name) !== null }));
}

/** A provider is there as soon as one of its keys is: its own variable, or the first of those that are named here. */
export function withNamedKeys(config: Config, { keys }: GatewayConfig): Config {
  const firstKey = (provider: string) => {
    for (const { key } of keys[provider] ?? []) {
      const value = config.secretOf(key);
      if (value !== null) return value;
    }
    return null;
  };
  const own = Object.entries(config.keys).map(([id, key]) => [id, key ?? firstKey(id)] as const);
  const custom = config.customProviders.flatMap(({ id, apiKeyEnv }) => {
    const key = apiKeyEnv && (config.customKeys[apiKeyEnv] ?? firstKey(id));
    return apiKeyEnv && key ? [[apiKeyEnv, key] as const] : [];
  });
  return {
    ...config,
    keys: Object.fromEntries(own) as Config['keys'],
    customKeys: Object.fromEntries(custom),
  };
}
