import { anthropic } from './anthropic.ts';
import { compatible } from './compatible.ts';
import type { Chunking } from './delivery.ts';
import type { Emulator } from './emulator.ts';
import { gemini } from './gemini.ts';
import { groq } from './groq.ts';
import { serveGateway } from './helicone/gateway.ts';
import { serveProxy, type HeliconeTrouble } from './helicone/proxy.ts';
import { Host } from './host.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import { inOrder, type Answer, type ProviderName, type Script } from './script.ts';
import { Stage, type Received } from './stage.ts';
import type { Windows } from './windows.ts';

export type { HeliconeTrouble } from './helicone/proxy.ts';
export {
  inOrder,
  type Answer,
  type AnsweredCall,
  type AnswerUsage,
  type Asked,
  type Fault,
  type ProviderName,
  type Script,
} from './script.ts';
export type { Received } from './stage.ts';

export interface ProviderOptions {
  script?: Script | readonly Answer[];
  /** How streams are cut into writes. Default `random`: at any byte. */
  chunking?: Chunking;
  /** Ids that the lists of models name. */
  models?: Partial<Record<ProviderName, string[]>>;
}

/** One provider on the loopback interface. */
export interface RunningProvider {
  /** What its `*_BASE_URL` is set to (Anthropic without `/v1`). */
  baseUrl: string;
  key: string;
  /** Goes away: connections are refused. `start` brings it back at the same address. */
  stop(): Promise<void>;
  start(): Promise<unknown>;
}

/** Strict stand-ins of the providers and of Helicone. See README.md. */
export interface Providers extends Record<ProviderName, RunningProvider> {
  helicone: {
    key: string;
    urls: Record<'openai' | 'anthropic' | 'groq' | 'openrouter' | 'gateway', string>;
    /** How Helicone itself fails from now on; null: it works. */
    trouble: HeliconeTrouble | null;
    stop(): Promise<void>;
    start(): Promise<void>;
  };
  /** What the models answer from now on. */
  script(script: Script | readonly Answer[]): void;
  /** The windows of models: what is larger is refused in the provider's own words. By the name of the model. */
  windows: Windows;
  /** Every request that any of them received, in order; one over Helicone's proxy is there twice. */
  requests: readonly Received[];
  /** Those that were refused: empty at the end of a good test. */
  readonly refusals: readonly Received[];
  /** Errors thrown by the script. */
  mistakes: readonly unknown[];
  /** The environment of a Crosspoint that uses them. */
  env(options?: { helicone?: 'proxy' | 'gateway' }): Record<string, string>;
  close(): Promise<void>;
}

const emulators: Record<ProviderName, Emulator> = {
  openai,
  anthropic,
  groq,
  openrouter,
  gemini,
  compatible,
};

/** Paths of the base URLs below the host. */
const basePaths = {
  openai: '/v1',
  anthropic: '',
  groq: '/openai/v1',
  openrouter: '/api/v1',
  gemini: '/v1beta/openai',
  compatible: '/v1',
};

const proxied = ['openai', 'anthropic', 'groq', 'openrouter'] as const;
const heliconeKey = 'sk-helicone-emulated-0000000-1111111';

export async function startProviders(options: ProviderOptions = {}): Promise<Providers> {
  const stage = new Stage(options.chunking ?? 'random');
  const script = (given: Script | readonly Answer[]) => {
    stage.script = typeof given === 'function' ? given : inOrder(given);
  };
  if (options.script) script(options.script);
  const hosts: Host[] = [];
  const open = async (handle: ConstructorParameters<typeof Host>[0]) => {
    const host = await new Host(handle).start();
    hosts.push(host);
    return host;
  };
  const running = {} as Record<ProviderName, RunningProvider>;
  for (const name of Object.keys(emulators) as ProviderName[]) {
    const key = name === 'compatible' ? null : keyOf(name);
    const models = options.models?.[name] ?? [];
    const host = await open((exchange) => stage.serve(emulators[name], exchange, key, models, 'direct'));
    running[name] = {
      baseUrl: host.origin + basePaths[name],
      key: key ?? '',
      stop: () => host.stop(),
      start: () => host.start(),
    };
  }
  const helicone = await startHelicone(stage, open);
  return {
    ...running,
    helicone,
    script,
    windows: stage.windows,
    requests: stage.received,
    get refusals() {
      return stage.received.filter(({ refusal }) => refusal !== undefined);
    },
    mistakes: stage.mistakes,
    env: (wanted = {}) => environment(running, helicone, wanted.helicone),
    close: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}

async function startHelicone(
  stage: Stage,
  open: (handle: ConstructorParameters<typeof Host>[0]) => Promise<Host>,
): Promise<Providers['helicone']> {
  const state: { trouble: HeliconeTrouble | null } = { trouble: null };
  const hosts: Host[] = [];
  const urls = {} as Providers['helicone']['urls'];
  for (const name of proxied) {
    const host = await open((exchange) =>
      serveProxy(stage, emulators[name], exchange, { heliconeKey, key: keyOf(name), trouble: state.trouble }),
    );
    hosts.push(host);
    urls[name] = host.origin + basePaths[name];
  }
  const gateway = await open((exchange) =>
    serveGateway(stage, exchange, { heliconeKey, emulators, trouble: state.trouble }),
  );
  hosts.push(gateway);
  urls.gateway = `${gateway.origin}/v1`;
  return Object.assign(state, {
    key: heliconeKey,
    urls,
    stop: async () => void (await Promise.all(hosts.map((host) => host.stop()))),
    start: async () => void (await Promise.all(hosts.map((host) => host.start()))),
  });
}

function keyOf(name: ProviderName): string {
  return `sk-emulated-${name}-0123456789abcdef`;
}

function environment(
  running: Record<ProviderName, RunningProvider>,
  { key, urls }: Providers['helicone'],
  mode: 'proxy' | 'gateway' | undefined,
): Record<string, string> {
  const entries = proxied.flatMap((name) => {
    const prefix = name.toUpperCase();
    return [
      [`${prefix}_API_KEY`, running[name].key],
      [`${prefix}_BASE_URL`, running[name].baseUrl],
    ];
  });
  const local = { OLLAMA_BASE_URL: new URL(running.compatible.baseUrl).origin };
  const direct = { ...(Object.fromEntries(entries) as Record<string, string>), ...local };
  if (!mode) return direct;
  const hosts = Object.entries(urls).map(([name, url]) => [`HELICONE_${name.toUpperCase()}_URL`, url]);
  return {
    ...direct,
    HELICONE_API_KEY: key,
    HELICONE_MODE: mode,
    ...(Object.fromEntries(hosts) as Record<string, string>),
  };
}
