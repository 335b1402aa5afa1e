import * as v from 'valibot';
import { resolve } from 'node:path';

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
  localServers: { ollama: string; lmstudio: string; llamacpp: string; vllm: string };
  helicone: {
    key: string | null;
    mode: 'proxy' | 'gateway';
    urls: { openai: string; anthropic: string; groq: string; openrouter: string; gateway: string };
    bypass: boolean;
  };
  sandbox: 'local' | 'e2b' | 'daytona';
  /** Hosts that the local sandbox may reach through the egress proxy; empty means no network. */
  sandboxEgress: string[];
  tavily: { key: string | null; baseUrl: string };
  morph: { key: string | null; baseUrl: string };
  qdrant: { url: string | null; key: string | null };
  embeddingModel: string | null;
  databaseUrl: string | null;
  redisUrl: string | null;
  /** Multiplies every upstream deadline (tests). */
  deadlineScale: number;
  /** Never install system packages. */
  noInstall: boolean;
  logLevel: string;
}

const httpUrl = v.pipe(
  v.string(),
  v.check((text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text), 'must be an http(s) URL.'),
  v.transform((text) => text.replace(/\/+$/, '')),
);
const text = v.pipe(v.string(), v.trim(), v.minLength(1));

const environment = {
  HOST: v.optional(text, '127.0.0.1'),
  PORT: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65535,
        'must be a port number from 0 to 65535.',
      ),
      v.transform(Number),
    ),
    '3210',
  ),
  CROSSPOINT_DATA_DIR: v.optional(
    v.pipe(
      text,
      v.transform((path) => resolve(path)),
    ),
    './.crosspoint',
  ),
  CROSSPOINT_API_TOKEN: v.optional(
    v.pipe(v.string(), v.minLength(32, 'must be at least 32 characters long.')),
  ),
  DEFAULT_MODEL_PROVIDER: v.optional(text),
  DEFAULT_MODEL: v.optional(text),
  OPENAI_API_KEY: v.optional(text),
  ANTHROPIC_API_KEY: v.optional(text),
  GROQ_API_KEY: v.optional(text),
  OPENROUTER_API_KEY: v.optional(text),
  OPENAI_BASE_URL: v.optional(httpUrl, 'https://api.openai.com/v1'),
  ANTHROPIC_BASE_URL: v.optional(httpUrl, 'https://api.anthropic.com'),
  GROQ_BASE_URL: v.optional(httpUrl, 'https://api.groq.com/openai/v1'),
  OPENROUTER_BASE_URL: v.optional(httpUrl, 'https://openrouter.ai/api/v1'),
  OLLAMA_BASE_URL: v.optional(httpUrl, 'http://127.0.0.1:11434'),
  LMSTUDIO_BASE_URL: v.optional(httpUrl, 'http://127.0.0.1:1234'),
  LLAMACPP_BASE_URL: v.optional(httpUrl, 'http://127.0.0.1:8080'),
  VLLM_BASE_URL: v.optional(httpUrl, 'http://127.0.0.1:8000'),
  HELICONE_API_KEY: v.optional(text),
  HELICONE_MODE: v.optional(v.picklist(['proxy', 'gateway'], 'must be "proxy" or "gateway".'), 'proxy'),
  HELICONE_OPENAI_URL: v.optional(httpUrl, 'https://oai.helicone.ai/v1'),
  HELICONE_ANTHROPIC_URL: v.optional(httpUrl, 'https://anthropic.helicone.ai'),
  HELICONE_GROQ_URL: v.optional(httpUrl, 'https://groq.helicone.ai/openai/v1'),
  HELICONE_OPENROUTER_URL: v.optional(httpUrl, 'https://openrouter.helicone.ai/api/v1'),
  HELICONE_GATEWAY_URL: v.optional(httpUrl, 'https://ai-gateway.helicone.ai/v1'),
  HELICONE_BYPASS: v.optional(v.picklist(['on', 'off'], 'must be "on" or "off".'), 'on'),
  SANDBOX: v.optional(
    v.picklist(['local', 'e2b', 'daytona'], 'must be "local", "e2b" or "daytona".'),
    'local',
  ),
  SANDBOX_EGRESS: v.optional(v.string(), ''),
  TAVILY_API_KEY: v.optional(text),
  TAVILY_BASE_URL: v.optional(httpUrl, 'https://api.tavily.com'),
  MORPH_API_KEY: v.optional(text),
  MORPH_BASE_URL: v.optional(httpUrl, 'https://api.morphllm.com/v1'),
  QDRANT_URL: v.optional(httpUrl),
  QDRANT_API_KEY: v.optional(text),
  EMBEDDING_MODEL: v.optional(text),
  DATABASE_URL: v.optional(
    v.pipe(
      text,
      v.check((url) => /^postgres(ql)?:\/\//.test(url), 'must be a postgres:// URL.'),
    ),
  ),
  REDIS_URL: v.optional(
    v.pipe(
      text,
      v.check((url) => /^rediss?:\/\//.test(url), 'must be a redis:// URL.'),
    ),
  ),
  CROSSPOINT_DEADLINE_SCALE: v.optional(
    v.pipe(
      v.string(),
      v.transform(Number),
      v.check((value) => value > 0 && value <= 1000, 'must be a number above 0.'),
    ),
    '1',
  ),
  CROSSPOINT_NO_INSTALL: v.optional(v.picklist(['0', '1', ''], 'must be 0 or 1.'), '0'),
  LOG_LEVEL: v.optional(
    v.picklist(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be a log level such as "info".',
    ),
    'info',
  ),
} as const;

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

/** @throws {ConfigError} that names the first wrong variable. */
export function readConfig(env: Record<string, string | undefined>): Config {
  // An empty variable is an unset one: `.env` files are full of `KEY=`.
  const given = (name: string) =>
    env[name] === undefined || env[name].trim() === '' ? undefined : env[name];
  const read = <Name extends keyof typeof environment>(
    name: Name,
  ): v.InferOutput<(typeof environment)[Name]> => {
    const result = v.safeParse(environment[name] as v.GenericSchema, given(name));
    if (!result.success) throw new ConfigError(name, sentenceOf(result.issues));
    return result.output as v.InferOutput<(typeof environment)[Name]>;
  };
  const customProviders = readCustomProviders(given('CUSTOM_PROVIDERS'));
  return {
    host: read('HOST'),
    port: read('PORT'),
    dataDir: read('CROSSPOINT_DATA_DIR'),
    apiToken: read('CROSSPOINT_API_TOKEN') ?? null,
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
    helicone: {
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
    },
    sandbox: read('SANDBOX'),
    sandboxEgress: read('SANDBOX_EGRESS')
      .split(/[\s,]+/)
      .filter(Boolean),
    tavily: { key: read('TAVILY_API_KEY') ?? null, baseUrl: read('TAVILY_BASE_URL') },
    morph: { key: read('MORPH_API_KEY') ?? null, baseUrl: read('MORPH_BASE_URL') },
    qdrant: { url: read('QDRANT_URL') ?? null, key: read('QDRANT_API_KEY') ?? null },
    embeddingModel: read('EMBEDDING_MODEL') ?? null,
    databaseUrl: read('DATABASE_URL') ?? null,
    redisUrl: read('REDIS_URL') ?? null,
    deadlineScale: read('CROSSPOINT_DEADLINE_SCALE'),
    noInstall: read('CROSSPOINT_NO_INSTALL') === '1',
    logLevel: read('LOG_LEVEL'),
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
