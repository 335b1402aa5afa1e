import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Wire } from '#protocol/message.ts';
import { CrosspointError } from '#protocol/errors.ts';
import { project } from '#server/agent/handoff/project.ts';
import { builtIn, keyRouter } from '#server/gateway/testing/workbench.ts';
import type { Connection } from '#server/gateway/types.ts';
import { apiTokenDesk } from '#server/gateway/v1/api-token.ts';
import { ModelRouter } from '#server/gateway/routing/router.ts';
import type { PublicGatewayOptions } from '#server/gateway/v1/parts.ts';
import { createPublicGateway } from '#server/gateway/v1/serve.ts';
import { openStore } from '#server/store/open-store.ts';
import { startProviders, type ProviderOptions } from '#tests/upstreams/index.ts';
import { targetOf } from './loopback.ts';

export const token = 'cp-test';

type Setup = ProviderOptions &
  Partial<PublicGatewayOptions> & {
    through?: 'proxy' | 'gateway';
    more?: Connection[];
    /** The gateway's configuration, as in its file. */
    routing?: object;
    /** Monotonic milliseconds of the breakers. */
    now?: () => number;
  };

/** The public gateway on a port, over a real ledger, in front of the emulators. Waits take no time and are noted. */
export async function openPublicGateway(setup: Setup = {}) {
  const providers = await startProviders(setup);
  const dataDir = mkdtempSync(join(tmpdir(), 'crosspoint-v1-'));
  const store = await openStore(dataDir);
  const connections = new Map(
    [...builtIn(providers), ...(setup.more ?? [])].map((each) => [each.provider, each]),
  );
  const [waits, logged]: [number[], string[]] = [[], []];
  const log = (details: object, message: string) => void logged.push(`${message} ${JSON.stringify(details)}`);
  const keys = keyRouter(connections, setup);
  const gateway = createPublicGateway({
    keys: apiTokenDesk(token, 'owner'),
    router: new ModelRouter(directory(connections), keys),
    cache: null,
    admissions: null,
    project,
    ledger: store.ledger,
    models: { list: () => [] },
    connections,
    helicone: {
      key: setup.through ? providers.helicone.key : null,
      mode: setup.through ?? 'proxy',
      urls: providers.helicone.urls,
      bypass: true,
    },
    deadlineScale: 1,
    logger: { info: log, warn: log, error: log },
    random: () => 0.5,
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => {
        waits.push(ms);
        return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
      },
    },
    ...setup,
  });
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    void gateway.handle(request, response, path, () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    providers,
    origin,
    waits,
    logged,
    gateway,
    health: () => keys.health(),
    store,
    rows: () => store.ledger.list('owner'),
    openai: new OpenAI({ baseURL: `${origin}/v1`, apiKey: token, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: origin, apiKey: token, maxRetries: 0 }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(origin + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
      await store.close();
      await providers.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export type PublicGatewayBench = Awaited<ReturnType<typeof openPublicGateway>>;

/** Every `provider/model` of the emulators, and a bare id for OpenAI's. */
function directory(connections: ReadonlyMap<string, Connection>) {
  return {
    resolveName(name: string) {
      const [provider = '', ...rest] = name.split('/');
      if (connections.has(provider)) return { provider, model: rest.join('/') };
      if (/^gpt-/.test(name)) return { provider: 'openai', model: name };
      throw new CrosspointError('invalid_model_preset');
    },
    assertUsable: () => undefined,
    target: ({ provider, model }: { provider: string; model: string }) => targetOf(`${provider}:${model}`),
  };
}

/** A small request in each wire. */
export function small(
  wire: Wire,
  model: string,
  stream: boolean,
): { path: string; body: Record<string, unknown> } {
  const messages = [{ role: 'user', content: 'Hello?' }];
  if (wire === 'openai-chat') return { path: '/v1/chat/completions', body: { model, stream, messages } };
  if (wire === 'openai-responses') return { path: '/v1/responses', body: { model, stream, input: messages } };
  return { path: '/v1/messages', body: { model, stream, max_tokens: 100, messages } };
}
