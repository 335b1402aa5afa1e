import type { Wire } from '#protocol/message.ts';
import { startProviders, type ProviderName, type ProviderOptions } from '#tests/upstreams/index.ts';
import { createGateway } from '../gateway.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { parseGatewayConfig } from '../routing/gateway-config.ts';
import { KeyRouter } from '../routing/key-router.ts';
import type {
  Connection,
  Dialect,
  ModelRequest,
  ModelStreamEvent,
  PromptAssistantMessage,
  PromptMessage,
  Target,
} from '../types.ts';
import { memoryLedger } from './memory-ledger.ts';

type Setup = ProviderOptions & {
  helicone?: 'proxy' | 'gateway';
  bypass?: boolean;
  deadlineScale?: number;
  /** Providers whose key is not set. */
  withoutKey?: ProviderName[];
  connections?: Connection[];
  /** The gateway's configuration, as in its file. Every `…_API_KEY` and `…_API_KEY_2` that it names is set. */
  routing?: object;
  /** Monotonic milliseconds of the breakers. */
  now?: () => number;
} & Pick<GatewayOptions, 'clock' | 'random' | 'logger'>;

/** The gateway against the emulators, with a ledger to look into and waits that take no time. */
export async function openWorkbench(setup: Setup = {}) {
  const providers = await startProviders(setup);
  const ledger = memoryLedger();
  const waits: number[] = [];
  const connections = [...builtIn(providers, setup), ...(setup.connections ?? [])];
  const byId = new Map(connections.map((connection) => [connection.provider, connection]));
  const router = keyRouter(byId, setup);
  const gateway = createGateway({
    connections: byId,
    router,
    helicone: {
      key: setup.helicone ? providers.helicone.key : null,
      mode: setup.helicone ?? 'proxy',
      urls: providers.helicone.urls,
      bypass: setup.bypass ?? true,
    },
    ledger,
    deadlineScale: setup.deadlineScale ?? 1,
    random: setup.random ?? (() => 0.5),
    clock: setup.clock ?? {
      now: () => Date.now(),
      sleep: (ms, signal) => {
        waits.push(ms);
        return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
    },
    ...(setup.logger ? { logger: setup.logger } : {}),
  });
  return {
    providers,
    ledger,
    waits,
    gateway,
    router,
    /** All events of one request. */
    ask: (request: ModelRequest, signal = new AbortController().signal) =>
      collect(gateway.stream(request, signal)),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await providers.close();
    },
  };
}

/** Two good keys for each provider: the emulators take their own with any suffix. */
export function keyRouter(
  connections: ReadonlyMap<string, Connection>,
  { routing, random, logger, now }: Pick<Setup, 'routing' | 'random' | 'logger' | 'now'>,
): KeyRouter {
  const parsed = parseGatewayConfig(routing);
  if ('problem' in parsed) throw new Error(JSON.stringify(parsed.problem));
  const keys = [...connections.values()].flatMap(({ apiKeyVariable, apiKey }) => [
    [apiKeyVariable, apiKey],
    [`${apiKeyVariable}_2`, `${apiKey}-2`],
  ]);
  const secrets = Object.fromEntries(keys) as Record<string, string | null>;
  return new KeyRouter({
    connections,
    config: () => parsed.config,
    secretOf: (variable) => secrets[variable] ?? null,
    logger: logger ?? { warn: () => undefined },
    random: random ?? (() => 0.5),
    now: now ?? (() => performance.now()),
  });
}

async function collect(stream: AsyncIterable<ModelStreamEvent>) {
  const events: ModelStreamEvent[] = [];
  let failure: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (cause) {
    failure = cause;
  }
  const finished = events.find((event) => event.type === 'finished');
  return {
    events,
    finished,
    failure: failure as (Error & { code?: string }) | undefined,
    text: textOf(events),
  };
}

export function textOf(events: readonly ModelStreamEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

const dialects: Record<ProviderName, Dialect> = {
  openai: { maxTokensField: 'max_completion_tokens', documents: true },
  anthropic: {},
  groq: { stringContentOnly: true, maxTokensField: 'max_completion_tokens' },
  openrouter: { reasoningDetails: true, declaredCost: true, documents: true },
  gemini: {},
  compatible: {},
};

export function builtIn(
  providers: Awaited<ReturnType<typeof startProviders>>,
  setup: Pick<Setup, 'withoutKey'> = {},
): Connection[] {
  return (Object.keys(dialects) as ProviderName[]).map((provider) => {
    const isLocal = provider === 'compatible';
    const { baseUrl, key } = providers[provider];
    return {
      provider,
      label: provider,
      baseUrl,
      apiKey: isLocal || setup.withoutKey?.includes(provider) ? null : key,
      apiKeyVariable: `${provider.toUpperCase()}_API_KEY`,
      auth: isLocal ? 'none' : provider === 'anthropic' ? 'x-api-key' : 'bearer',
      headers: {},
      dialect: dialects[provider],
      ...(provider in providers.helicone.urls
        ? { heliconeBaseUrl: providers.helicone.urls[provider as 'openai'], heliconeProvider: provider }
        : {}),
    };
  });
}

/** A model of the emulators. Prices in USD per 1M tokens are 2 in, 10 out, 0.2 and 2.5 for the cache. */
export function target(name: string, changes: Partial<Target> = {}): Target {
  const [provider = '', ...rest] = name.split(':');
  const model = rest.join(':');
  const reasoning = /claude|gpt-[5-9]|^o\d|gpt-oss|qwen3|gemini|kimi|deepseek-reason/.test(model);
  return {
    provider,
    model,
    wire: wireOf(provider, model),
    cost: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 },
    contextWindow: 200_000,
    maxOutput: 32_000,
    capabilities: {
      tools: true,
      images: true,
      reasoning,
      temperature: !/gpt-[5-9]|^o\d|claude-(sonnet-5|opus-5|opus-4-[78])/.test(model),
    },
    ...(/gemini-(?![12]\b)/.test(model) ? { dialect: { thoughtSignatures: true } } : {}),
    ...(/qwen3/.test(model) && provider === 'groq' ? { dialect: { reasoningFormat: 'parsed' } } : {}),
    ...changes,
  };
}

function wireOf(provider: string, model: string): Wire {
  if (provider === 'anthropic') return 'anthropic-messages';
  return provider === 'openai' && /^(gpt-[5-9]|o\d)/.test(model) ? 'openai-responses' : 'openai-chat';
}

export const tools = ['read_file', 'write_file'].map((name) => ({
  name,
  description: `Does ${name}.`,
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}));

export function request(to: Target, changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    target: to,
    system: 'You are a coding agent.',
    messages: [says('Hello?')],
    tools,
    settings: {},
    context: { userId: 'ann', threadId: 'thread-1', runId: 'run-1', sessionName: 'Größe 世界' },
    ...changes,
  };
}

export function says(text: string): PromptMessage {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/** What a finished answer and its results add to the conversation. */
export function continued(
  { parts }: Pick<PromptAssistantMessage, 'parts'>,
  result = (name: string) => `result of ${name}`,
): PromptMessage[] {
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
  const answer: PromptMessage = { role: 'assistant', parts };
  if (!calls.length) return [answer];
  const results = calls.map(({ toolCallId, name }) => ({
    type: 'tool-result' as const,
    toolCallId,
    name,
    status: 'ok' as const,
    text: result(name),
  }));
  return [answer, { role: 'tool', results }];
}
