import * as v from 'valibot';
import { resolve } from 'node:path';

/** The variables of the environment: how each is read, and its default. An unknown value is an error that names it. */
export const httpUrl = v.pipe(
  v.string(),
  v.check((text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text), 'must be an http(s) URL.'),
  v.transform((text) => text.replace(/\/+$/, '')),
);
export const text = v.pipe(v.string(), v.trim(), v.minLength(1));

const folders = v.pipe(
  v.string(),
  v.transform((list) =>
    list
      .split(':')
      .map((folder) => folder.trim())
      .filter(Boolean),
  ),
  v.check(
    (list) => list.every((folder) => folder.startsWith('/')),
    'must be absolute paths, separated by ":".',
  ),
);

export const environment = {
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
  CROSSPOINT_REFRESH_MODELS: v.optional(v.picklist(['on', 'off'], 'must be "on" or "off".'), 'on'),
  HELICONE_API_KEY: v.optional(text),
  HELICONE_MODE: v.optional(v.picklist(['proxy', 'gateway'], 'must be "proxy" or "gateway".'), 'proxy'),
  HELICONE_OPENAI_URL: v.optional(httpUrl, 'https://oai.helicone.ai/v1'),
  HELICONE_ANTHROPIC_URL: v.optional(httpUrl, 'https://anthropic.helicone.ai'),
  HELICONE_GROQ_URL: v.optional(httpUrl, 'https://groq.helicone.ai/openai/v1'),
  HELICONE_OPENROUTER_URL: v.optional(httpUrl, 'https://openrouter.helicone.ai/api/v1'),
  HELICONE_GATEWAY_URL: v.optional(httpUrl, 'https://ai-gateway.helicone.ai/v1'),
  HELICONE_BYPASS: v.optional(v.picklist(['on', 'off'], 'must be "on" or "off".'), 'on'),
  /** Keys, endpoints and limits of the gateway; see docs/gateway.md. Default: gateway.yaml, .yml or .json in the data directory. */
  GATEWAY_CONFIG: v.optional(
    v.pipe(
      text,
      v.transform((path) => resolve(path)),
    ),
  ),
  SANDBOX: v.optional(
    v.picklist(['local', 'e2b', 'daytona'], 'must be "local", "e2b" or "daytona".'),
    'local',
  ),
  SANDBOX_EGRESS: v.optional(v.string(), ''),
  /** With it, branches are pushed to GitHub and pull requests opened. */
  GITHUB_TOKEN: v.optional(text),
  GITHUB_URL: v.optional(httpUrl, 'https://github.com'),
  GITHUB_API_URL: v.optional(httpUrl, 'https://api.github.com'),
  /** Folders of this machine, like PATH, that may be copied into a workspace, or be one; with what is below them. */
  IMPORT_FOLDERS: v.optional(folders, ''),
  BIND_FOLDERS: v.optional(folders, ''),
  E2B_API_KEY: v.optional(text),
  E2B_API_URL: v.optional(httpUrl),
  E2B_SANDBOX_URL: v.optional(httpUrl),
  E2B_DOMAIN: v.optional(text),
  E2B_TEMPLATE: v.optional(text, 'base'),
  DAYTONA_API_KEY: v.optional(text),
  DAYTONA_API_URL: v.optional(httpUrl, 'https://app.daytona.io/api'),
  DAYTONA_TARGET: v.optional(text),
  DAYTONA_SNAPSHOT: v.optional(text),
  PREVIEW_ORIGIN: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.regex(
        /^https?:\/\/\{id\}[A-Za-z0-9.:-]+$/,
        'must be an origin with {id}, like https://{id}.preview.example.com.',
      ),
    ),
  ),
  TAVILY_API_KEY: v.optional(text),
  TAVILY_BASE_URL: v.optional(httpUrl, 'https://api.tavily.com'),
  /** on: without any other search engine, Tavily is asked without a key, which it allows for a few requests. */
  TAVILY_KEYLESS: v.optional(v.picklist(['on', 'off'], 'must be "on" or "off".'), 'off'),
  SEARXNG_URL: v.optional(httpUrl),
  BRAVE_API_KEY: v.optional(text),
  BRAVE_BASE_URL: v.optional(httpUrl, 'https://api.search.brave.com'),
  EXA_API_KEY: v.optional(text),
  EXA_BASE_URL: v.optional(httpUrl, 'https://api.exa.ai'),
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
  /** 1: `GET /metrics` answers who has the bearer token, in the text format of Prometheus. */
  CROSSPOINT_METRICS: v.optional(v.picklist(['0', '1', ''], 'must be 0 or 1.'), '0'),
  /** 1: requests and answers of all calls to /v1 are kept, without secrets; else those of keys that say so. */
  CROSSPOINT_KEEP_BODIES: v.optional(v.picklist(['0', '1', ''], 'must be 0 or 1.'), '0'),
  /** Where traces are sent (OTLP over HTTP); without it none are made. */
  OTEL_EXPORTER_OTLP_ENDPOINT: v.optional(httpUrl),
  CROSSPOINT_NO_INSTALL: v.optional(v.picklist(['0', '1', ''], 'must be 0 or 1.'), '0'),
  LOG_LEVEL: v.optional(
    v.picklist(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be a log level such as "info".',
    ),
    'info',
  ),
} as const;
