import { join } from 'node:path';
import { CrosspointError } from '#protocol/errors.ts';
import { createAgent } from './agent/create-agent.ts';
import { createExplorer } from './agent/subagent/explorer.ts';
import { createTools } from './agent/tools/index.ts';
import { ownSkillFiles } from './own-skills.ts';
import { mcpTools } from './agent/tools/mcp-tools.ts';
import { ConfigError, type Config } from './config.ts';
import type { Embeddings } from './gateway/embeddings/types.ts';
import { openGatewaySettings, withNamedKeys } from './gateway/routing/gateway-settings.ts';
import { ownerId, type Logger, type Services } from './http/services.ts';
import { McpServers } from './mcp/mcp-servers.ts';
import { createModelManager } from './models/model-manager.ts';
import type { RunningModelManager } from './models/types.ts';
import { demoProject, demoTask } from './models/providers/demo/index.ts';
import { readGatewayFile } from './process/gateway-file.ts';
import { StartError } from './process/start-error.ts';
import { NodeSqliteSaver } from './store/checkpoint-saver.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { createEventLog } from './stream/log.ts';
import type { CodeSearch } from './search/code-search.ts';
import { openHybrid, type Hybrid } from './search/hybrid/open-hybrid.ts';
import { openCodeSearch } from './search/open-code-search.ts';
import { openWeb } from './web/open-web.ts';
import { TerminalDesk } from './terminal/terminal-desk.ts';
import { collectRegularly } from './workspace/collect.ts';
import { openWorkspaces } from './workspace/open-workspaces.ts';
import type { Workspaces } from './workspace/types.ts';
import { readVersion } from './version.ts';
import { openGateways } from './open-gateways.ts';
import type { AgentParts } from './agent/parts.ts';

/** One app in one process. */
export interface App {
  services: Services;
  /** Ends runs, sandboxes and the store; once, at the end. */
  close(): Promise<void>;
}

export interface AppOptions {
  /** The folder of an npm that is not below /usr, so that it is there inside the sandbox too. */
  npm?: string;
}

/**
 * The only place where things are wired together. What a dead process left open has been ended when this resolves; the
 * sandbox's self-test and the search for models go on in the background.
 * @throws StartError, ConfigError when this configuration cannot be served
 */
export async function createApp(config: Config, logger: Logger, options: AppOptions = {}): Promise<App> {
  refuseMissingEngines(config);
  const store = await openRecord(config.dataDir);
  const log = createEventLog(store);
  const { models, gatewaySettings } = await openModels(config, store, logger);
  const mcp = await openMcp(config, store, logger, () => workspaces);
  const settings = { current: gatewaySettings.current, mcp };
  const { gateway, v1, ...gateways } = await openGateways(config, store, models, settings, logger);
  const hybrid = await openEmbeddingModel(config, store, gateways.embeddings, logger);
  const codeSearch = openCodeSearch(config, hybrid, store.settings, logger);
  const record = { store, log, codeSearch };
  const { workspaces, terminals } = await openSandboxes(config, record, logger, options);
  const tools = openTools(config, store, models, { gateway, codeSearch, ...gateways });
  const { agent, checkpointer } = openAgent(config, mcp, codeSearch, {
    ...{ store, log, gateway, models, workspaces, tools, logger },
  });
  await store.ledger.reclaim();
  await agent.recover();
  const background = new AbortController();
  // A local server is known only once it was looked for.
  void models.refresh(background.signal).then(() => hybrid?.measureOnce(background.signal));
  void testSandbox(workspaces.selfTest(), logger);
  collectRegularly(workspaces.parts, background.signal);
  return {
    services: {
      config,
      version: readVersion(),
      store,
      log,
      agent,
      models,
      v1,
      keys: gateways.keys,
      bodies: gateways.bodies,
      metrics: gateways.metrics,
      cache: gateways.cache,
      routing: { settings: gatewaySettings, health: () => gateways.router.health() },
      providerStates: () => models.providerStates(),
      workspaces,
      terminals,
      mcp,
      codeSearch,
      hybrid,
      searchesWeb: tools.some(({ name }) => name === 'web_search'),
      demoTask,
      logger,
    },
    async close() {
      background.abort();
      models.close();
      await agent.close();
      await Promise.all([terminals.closeAll(), mcp.close()]);
      await codeSearch.close();
      await hybrid?.close();
      await workspaces.close();
      await gateways.close();
      checkpointer.close();
      await store.close();
    },
  };
}

/** null without `EMBEDDING_MODEL`: code is searched by words. */
async function openEmbeddingModel(
  { embeddingModel: model, dataDir }: Config,
  { settings }: Store,
  embeddings: Embeddings,
  logger: Logger,
): Promise<Hybrid | null> {
  return model === null ? null : openHybrid({ model, embeddings, dataDir, settings, ownerId, logger });
}

function openAgent(
  { dataDir }: Config,
  mcp: McpServers,
  codeSearch: CodeSearch,
  parts: Omit<AgentParts, 'checkpointer'>,
) {
  const checkpointer = new NodeSqliteSaver(join(dataDir, 'checkpoints.db'));
  const agent = createAgent({
    ...parts,
    checkpointer,
    toolSources: [mcpTools(mcp)],
    seed: { demoProject },
    ownSkills: ownSkillFiles(dataDir),
    onWorkspaceUse: (workspaceId, sandbox) => codeSearch.follow(workspaceId, sandbox),
  });
  return { agent, checkpointer };
}

/** Servers inside of a sandbox are reached through its thread's. */
function openMcp(
  { secretOf }: Config,
  { settings, threads }: Store,
  logger: Logger,
  workspaces: () => Workspaces,
) {
  return McpServers.open({
    settings,
    secretOf,
    version: readVersion(),
    logger,
    async openSandbox(threadId) {
      const thread = await threads.get(ownerId, threadId);
      if (!thread) throw new CrosspointError('not_found', { what: 'thread' });
      return workspaces().open(thread);
    },
  });
}

/** The tools of this server, with what some of them need beside a sandbox. */
function openTools(
  config: Config,
  store: Store,
  models: RunningModelManager,
  { gateway, codeSearch, fastApply, ledger, secrets }: ToolGateways,
) {
  return createTools({
    web: openWeb(config, { ledger, secrets, version: readVersion() }),
    fastApply,
    codeSearch,
    explorer: createExplorer({ store, gateway, models }),
    ownSkills: ownSkillFiles(config.dataDir),
  });
}

type ToolGateways = { codeSearch: CodeSearch } & Pick<
  Awaited<ReturnType<typeof openGateways>>,
  'gateway' | 'fastApply' | 'ledger' | 'secrets'
>;

/** A terminal that is open keeps its sandbox alive. */
async function openSandboxes(
  config: Config,
  record: Pick<Services, 'store' | 'log'> & { codeSearch: CodeSearch },
  logger: Logger,
  options: AppOptions,
) {
  const terminals = new TerminalDesk();
  const hasTerminal = (threadId: string) => terminals.list(threadId).some(({ isAlive }) => isAlive);
  const workspaces = await openWorkspaces(config, record, logger, {
    ...options,
    hasTerminal,
    onRemoval: (sandboxId) => record.codeSearch.remove(sandboxId),
  });
  return { workspaces, terminals };
}

/** What can be asked, by the keys that the environment and the gateway's configuration name. */
async function openModels(config: Config, { settings }: Store, logger: Logger) {
  const file = await readGatewayFile(config);
  const gatewaySettings = await openGatewaySettings({ file, settings, logger });
  const named = () => withNamedKeys(config, gatewaySettings.current());
  const models = await createModelManager({ config: named(), settings, logger });
  gatewaySettings.checkFile(models.providerStates());
  gatewaySettings.onChange = () => models.reconnect(named());
  return { models, gatewaySettings };
}

/** Where the record is kept and where commands run must never be another place than the one that was asked for. */
function refuseMissingEngines({ databaseUrl, sandbox, e2b, daytona }: Config): void {
  if (databaseUrl !== null)
    throw new ConfigError('DATABASE_URL', 'this version keeps its record in SQLite. Leave the variable out.');
  if (sandbox === 'e2b' && e2b.key === null) throw new ConfigError('SANDBOX', '"e2b" needs E2B_API_KEY.');
  if (sandbox === 'daytona' && daytona.key === null)
    throw new ConfigError('SANDBOX', '"daytona" needs DAYTONA_API_KEY.');
}

async function openRecord(dataDir: string): Promise<Store> {
  try {
    return await openStore(dataDir);
  } catch (cause) {
    throw new StartError((cause as Error).message, { cause });
  }
}

async function testSandbox(
  test: ReturnType<Services['workspaces']['selfTest']>,
  logger: Logger,
): Promise<void> {
  const health = await test;
  if (!health.ok) logger.warn({ reason: health.reason, remedy: health.remedy }, 'commands cannot run');
}
