import { readConfig } from '#server/config.ts';
import { project } from '#server/agent/handoff/project.ts';
import { mcpTools } from '#server/agent/tools/mcp-tools.ts';
import type { Script } from '#server/agent/testing/scripted-gateway.ts';
import { fixedModels, inOrder, openWorkbench, type Workbench } from '#server/agent/testing/workbench.ts';
import { createLoginKey } from '../auth/login.ts';
import { EventStreams, type StreamLimits } from '../event-streams.ts';
import { HttpServer } from '../http-server.ts';
import { createListener, type RequestListener } from '../listener.ts';
import { createResponseCache } from '#server/gateway/cache/response-cache.ts';
import { createKeyDesk } from '#server/gateway/keys/key-desk.ts';
import { KeyOffice } from '#server/gateway/keys/key-office.ts';
import { emptyGatewayConfig } from '#server/gateway/routing/gateway-config.ts';
import { GatewaySettings } from '#server/gateway/routing/gateway-settings.ts';
import { KeyRouter } from '#server/gateway/routing/key-router.ts';
import { ModelRouter } from '#server/gateway/routing/router.ts';
import { createPublicGateway } from '#server/gateway/v1/serve.ts';
import type { SandboxProvider } from '#server/sandbox/sandbox.ts';
import { McpServers } from '#server/mcp/mcp-servers.ts';
import { openCodeSearch } from '#server/search/open-code-search.ts';
import { TerminalDesk } from '#server/terminal/terminal-desk.ts';
import { ownerId, type Services } from '../services.ts';

export const token = 'test-token-of-more-than-thirty-two-characters';

/** The real server on a loopback port, over a real store, log and agent; only the model is a script. */
export async function openTestServer(
  options: {
    script?: Script;
    services?: Partial<Services>;
    streams?: Partial<StreamLimits>;
    dataDir?: string;
    sandboxes?: SandboxProvider;
  } = {},
) {
  const { dataDir, sandboxes } = options;
  const made: { mcp?: McpServers } = {};
  const bench = await openWorkbench(options.script ?? inOrder(), {
    sourcesWith: async (parts) => [mcpTools((made.mcp = await openMcp(parts)))],
    ...(dataDir ? { dataDir } : {}),
    ...(sandboxes ? { sandboxes } : {}),
  });
  const logged: string[] = [];
  const services = { ...servicesOf(bench, made.mcp as McpServers, logged), ...options.services };
  const server = await HttpServer.listen('127.0.0.1', 0);
  const streams = new EventStreams(services.logger, options.streams);
  const { origins, port, origin } = server;
  const page = createPage();
  const listening = createListener({ services, origins, port, streams, page });
  server.serve(listening);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    ...bench,
    server,
    services,
    headers,
    streams,
    origin,
    port,
    logged,
    loginKey: () => createLoginKey(bench.store.sessions),
    /** A request with the bearer token; a body that is no text is sent as JSON. */
    send(
      method: string,
      path: string,
      body?: unknown,
      extra: Record<string, string> = {},
    ): Promise<Response> {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      return fetch(origin + path, {
        method,
        headers: { ...headers, ...extra },
        ...(text === undefined ? {} : { body: text }),
        redirect: 'manual',
      });
    },
    async close() {
      listening.close();
      await Promise.all([services.terminals.closeAll(), services.mcp.close()]);
      await stop(bench, server, streams);
    },
  };
}

function openMcp({ store, workspaces }: Pick<Workbench, 'store' | 'workspaces'>): Promise<McpServers> {
  return McpServers.open({
    settings: store.settings,
    secretOf: () => null,
    version: '1.2.3',
    logger: { warn: () => undefined },
    async openSandbox(threadId) {
      const thread = await store.threads.get(ownerId, threadId);
      if (!thread) throw new Error(`There is no thread ${threadId}.`);
      return workspaces.open(thread);
    },
  });
}

/** In the order of `server.ts`. */
async function stop(bench: Workbench, server: HttpServer, streams: EventStreams): Promise<void> {
  const closed = server.close();
  await bench.agent.close();
  streams.closeAll();
  await closed;
  await bench.close();
}

export type TestServer = Awaited<ReturnType<typeof openTestServer>>;

function servicesOf(bench: Workbench, mcp: McpServers, logged: string[]): Services {
  const log = (details: object, message: string) => void logged.push(`${message} ${JSON.stringify(details)}`);
  const config = readConfig({ CROSSPOINT_API_TOKEN: token, CROSSPOINT_DATA_DIR: bench.dataDir });
  const logger = { debug: () => undefined, info: log, warn: log, error: log };
  const { keys } = bench.store;
  const keyDesk = createKeyDesk({ keys, apiToken: token, ownerId, logger });
  const settings = new GatewaySettings(bench.store.settings, null, emptyGatewayConfig);
  const { secretOf } = config;
  const keyRouter = new KeyRouter({ connections: new Map(), config: settings.current, secretOf, logger });
  return {
    config,
    version: '1.2.3',
    store: bench.store,
    cache: createResponseCache({ path: ':memory:', bounds: () => emptyGatewayConfig.cache }),
    keys: new KeyOffice(keys, (hash) => keyDesk.forget(hash)),
    metrics: null,
    bodies: { read: () => Promise.resolve(null) },
    log: bench.log,
    agent: bench.agent,
    models: fixedModels(),
    routing: { settings, health: () => keyRouter.health() },
    v1: createPublicGateway({
      keys: keyDesk,
      router: new ModelRouter(fixedModels(), keyRouter),
      cache: null,
      admissions: null,
      project,
      ledger: bench.store.ledger,
      models: fixedModels(),
      connections: new Map(),
      helicone: config.helicone,
      deadlineScale: 1,
      logger,
    }),
    providerStates: () => [],
    workspaces: bench.workspaces,
    terminals: new TerminalDesk(),
    mcp,
    codeSearch: openCodeSearch(config, null, bench.store.settings, logger),
    searchesWeb: false,
    demoTask: 'Do the demo.',
    logger,
  };
}

/** In place of a build of the page. */
function createPage(): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>page</title>');
  };
}

/** The events of an answer, to its end or to so many of them. */
export async function readEvents(
  response: Response,
  count = Infinity,
): Promise<{ id: number; type: string; data: Record<string, unknown> }[]> {
  const events: { id: number; type: string; data: Record<string, unknown> }[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      events.push({ id: Number(field('id')), type: field('event') ?? '', data: JSON.parse(data) });
      if (events.length >= count) return events;
    }
  }
  return events;
}
