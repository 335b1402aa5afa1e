import * as v from 'valibot';
import { environment, httpUrl, text } from './environment.ts';

/** A wrong value in the environment: names the variable and says what it takes. Start exits with it. */
export class ConfigError extends Error {
  readonly variable: string;
  constructor(variable: string, sentence: string) {
    super(`${variable}: ${sentence}`);
    this.name = 'ConfigError';
    this.variable = variable;
  }
}

export type WireName = 'openai-chat' | 'anthropic-messages' | 'openai-responses';

export interface CustomProviderConfig {
  id: string;
  label: string;
  baseUrl: string;
  apiKeyEnv?: string | undefined;
  wire: WireName;
  models: string[];
}

/** Every environment variable of CONTRACT section 2, validated, with its default. Nothing else reads `process.env`. */
export interface Config {
  host: string;
  port: number;
  dataDir: string;
  apiToken: string | null;
  defaultProvider: string | null;
  defaultModel: string | null;
  keys: { openai: string | null; anthropic: string | null; groq: string | null; openrouter: string | null };
  baseUrls: { openai: string; anthropic: string; groq: string; openrouter: string };
  customProviders: CustomProviderConfig[];
  /** Values of the variables that `CUSTOM_PROVIDERS[].apiKeyEnv` names. */
  customKeys: Record<string, string>;
  /** The gateway's file; null: the one in the data directory, when it is there. */
  gatewayFile: string | null;
  /** The value of a variable that the gateway's configuration names. A function, so that no copy of this holds it. */
  secretOf: (variable: string) => string | null;
  localServers: { ollama: string; lmstudio: string; llamacpp: string; vllm: string };
  helicone: {
    key: string | null;
    mode: 'proxy' | 'gateway';
    urls: { openai: string; anthropic: string; groq: string; openrouter: string; gateway: string };
    bypass: boolean;
  };
  /** Whether newer model facts may be fetched; without any provider key nothing is fetched at all. */
  refreshModels: boolean;
  sandbox: 'local' | 'e2b' | 'daytona';
  /** Where previews are shown, with `{id}` for each; null: `http://{id}.localhost:PORT`. */
  previewOrigin: string | null;
  /** Hosts that the local sandbox may reach through the egress proxy; empty means no network. */
  sandboxEgress: string[];
  github: { token: string | null; url: string; apiUrl: string };
  /** Of this machine: those that may be copied into a workspace, and those that may be one. */
  importFolders: string[];
  bindFolders: string[];
  e2b: {
    key: string | null;
    apiUrl: string | null;
    sandboxUrl: string | null;
    domain: string | null;
    template: string;
  };
  daytona: { key: string | null; apiUrl: string; target: string | null; snapshot: string | null };
  tavily: { key: string | null; baseUrl: string; keyless: boolean };
  /** Other search engines, in the order in which they are taken. */
  searxngUrl: string | null;
  brave: { key: string | null; baseUrl: string };
  exa: { key: string | null; baseUrl: string };
  morph: { key: string | null; baseUrl: string };
  qdrant: { url: string | null; key: string | null };
  embeddingModel: string | null;
  databaseUrl: string | null;
  redisUrl: string | null;
  /** Multiplies every upstream deadline (tests). */
  deadlineScale: number;
  /** `/metrics` is there. */
  metrics: boolean;
  /** Requests and answers of all calls to `/v1` are kept. */
  keepBodies: boolean;
  /** Where traces are sent; null: nowhere. */
  traceEndpoint: string | null;
  /** Never install system packages. */
  noInstall: boolean;
  logLevel: string;
}

const customProvider = v.object({
  id: v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'needs an "id" of lower-case letters, digits, "-" and "_".'),
  ),
  label: v.optional(text),
  baseUrl: httpUrl,
  apiKeyEnv: v.optional(text),
  wire: v.optional(v.picklist(['openai-chat', 'anthropic-messages', 'openai-responses']), 'openai-chat'),
  models: v.optional(v.array(text), []),
});

/** Whether a variable means something here already. */
export function isOwnVariable(name: string): boolean {
  return Object.hasOwn(environment, name);
}

/** @throws {ConfigError} that names the first wrong variable. */
export function readConfig(env: Record<string, string | undefined>): Config {
  // An empty variable is an unset one: `.env` files are full of `KEY=`.
  const given: Given = (name) => (env[name]?.trim() ? env[name] : undefined);
  const read: Read = (name) => {
    const result = v.safeParse(environment[name] as v.GenericSchema, given(name));
    if (!result.success) throw new ConfigError(name, sentenceOf(result.issues));
    return result.output as never;
  };
  return { ...serverConfig(read), ...providerConfig(read, given), ...serviceConfig(read) };
}

type Given = (name: string) => string | undefined;
type Read = <Name extends keyof typeof environment>(name: Name) => v.InferOutput<(typeof environment)[Name]>;

function serverConfig(read: Read) {
  return {
    host: read('HOST'),
    port: read('PORT'),
    dataDir: read('CROSSPOINT_DATA_DIR'),
    apiToken: read('CROSSPOINT_API_TOKEN') ?? null,
    databaseUrl: read('DATABASE_URL') ?? null,
    redisUrl: read('REDIS_URL') ?? null,
    deadlineScale: read('CROSSPOINT_DEADLINE_SCALE'),
    metrics: read('CROSSPOINT_METRICS') === '1',
    keepBodies: read('CROSSPOINT_KEEP_BODIES') === '1',
    traceEndpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT') ?? null,
    noInstall: read('CROSSPOINT_NO_INSTALL') === '1',
    logLevel: read('LOG_LEVEL'),
  };
}

function providerConfig(read: Read, given: Given) {
  const customProviders = readCustomProviders(given('CUSTOM_PROVIDERS'));
  return {
    defaultProvider: read('DEFAULT_MODEL_PROVIDER') ?? null,
    defaultModel: read('DEFAULT_MODEL') ?? null,
    keys: {
      openai: read('OPENAI_API_KEY') ?? null,
      anthropic: read('ANTHROPIC_API_KEY') ?? null,
      groq: read('GROQ_API_KEY') ?? null,
      openrouter: read('OPENROUTER_API_KEY') ?? null,
    },
    baseUrls: {
      openai: read('OPENAI_BASE_URL'),
      anthropic: read('ANTHROPIC_BASE_URL'),
      groq: read('GROQ_BASE_URL'),
      openrouter: read('OPENROUTER_BASE_URL'),
    },
    customProviders,
    customKeys: Object.fromEntries(
      customProviders.flatMap(({ apiKeyEnv }) => {
        const key = apiKeyEnv && given(apiKeyEnv);
        return apiKeyEnv && key ? [[apiKeyEnv, key]] : [];
      }),
    ),
    localServers: {
      ollama: read('OLLAMA_BASE_URL'),
      lmstudio: read('LMSTUDIO_BASE_URL'),
      llamacpp: read('LLAMACPP_BASE_URL'),
      vllm: read('VLLM_BASE_URL'),
    },
    gatewayFile: read('GATEWAY_CONFIG') ?? null,
    secretOf: (variable: string) => given(variable)?.trim() ?? null,
    refreshModels: read('CROSSPOINT_REFRESH_MODELS') === 'on',
    helicone: heliconeConfig(read),
  };
}

function heliconeConfig(read: Read): Config['helicone'] {
  return {
    key: read('HELICONE_API_KEY') ?? null,
    mode: read('HELICONE_MODE'),
    urls: {
      openai: read('HELICONE_OPENAI_URL'),
      anthropic: read('HELICONE_ANTHROPIC_URL'),
      groq: read('HELICONE_GROQ_URL'),
      openrouter: read('HELICONE_OPENROUTER_URL'),
      gateway: read('HELICONE_GATEWAY_URL'),
    },
    bypass: read('HELICONE_BYPASS') === 'on',
  };
}

function serviceConfig(read: Read) {
  return {
    sandbox: read('SANDBOX'),
    previewOrigin: read('PREVIEW_ORIGIN') ?? null,
    sandboxEgress: read('SANDBOX_EGRESS')
      .split(/[\s,]+/)
      .filter(Boolean),
    github: {
      token: read('GITHUB_TOKEN') ?? null,
      url: read('GITHUB_URL'),
      apiUrl: read('GITHUB_API_URL'),
    },
    importFolders: read('IMPORT_FOLDERS'),
    bindFolders: read('BIND_FOLDERS'),
    e2b: {
      key: read('E2B_API_KEY') ?? null,
      apiUrl: read('E2B_API_URL') ?? null,
      sandboxUrl: read('E2B_SANDBOX_URL') ?? null,
      domain: read('E2B_DOMAIN') ?? null,
      template: read('E2B_TEMPLATE'),
    },
    daytona: {
      key: read('DAYTONA_API_KEY') ?? null,
      apiUrl: read('DAYTONA_API_URL'),
      target: read('DAYTONA_TARGET') ?? null,
      snapshot: read('DAYTONA_SNAPSHOT') ?? null,
    },
    tavily: {
      key: read('TAVILY_API_KEY') ?? null,
      baseUrl: read('TAVILY_BASE_URL'),
      keyless: read('TAVILY_KEYLESS') === 'on',
    },
    searxngUrl: read('SEARXNG_URL') ?? null,
    brave: { key: read('BRAVE_API_KEY') ?? null, baseUrl: read('BRAVE_BASE_URL') },
    exa: { key: read('EXA_API_KEY') ?? null, baseUrl: read('EXA_BASE_URL') },
    morph: { key: read('MORPH_API_KEY') ?? null, baseUrl: read('MORPH_BASE_URL') },
    qdrant: { url: read('QDRANT_URL') ?? null, key: read('QDRANT_API_KEY') ?? null },
    embeddingModel: read('EMBEDDING_MODEL') ?? null,
  };
}

function readCustomProviders(json: string | undefined): CustomProviderConfig[] {
  if (json === undefined) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new ConfigError('CUSTOM_PROVIDERS', `must be a JSON array; ${(cause as Error).message}`);
  }
  const result = v.safeParse(v.array(customProvider), parsed);
  if (!result.success) throw new ConfigError('CUSTOM_PROVIDERS', sentenceOf(result.issues));
  return result.output.map((provider) => ({ ...provider, label: provider.label ?? provider.id }));
}

function sentenceOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0];
  const path = issue?.path?.map((item) => String(item.key)).join('.');
  return path ? `at ${path}: ${issue?.message}` : String(issue?.message);
}
