import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAgent } from './agent/create-agent.ts';
import { project } from './agent/handoff/project.ts';
import { openFastApply } from './agent/fast-apply.ts';
import { createExplorer } from './agent/subagent/explorer.ts';
import { createTools } from './agent/tools/index.ts';
import { ConfigError, type Config } from './config.ts';
import { withKeptAnswers } from './gateway/cache/agent-answers.ts';
import { createResponseCache } from './gateway/cache/response-cache.ts';
import { createGateway } from './gateway/gateway.ts';
import { knownSecrets } from './gateway/observe/known-secrets.ts';
import { openObservation } from './gateway/observe/open-observation.ts';
import { createAdmissions } from './gateway/limits/admissions.ts';
import { withLimits } from './gateway/limits/limited-gateway.ts';
import type { LimitStore } from './gateway/limits/limit-store.ts';
import { openLimitStore } from './gateway/limits/sqlite-limit-store.ts';
import { readBudgetUse } from './gateway/keys/budget-use.ts';
import { createKeyDesk } from './gateway/keys/key-desk.ts';
import { KeyOffice } from './gateway/keys/key-office.ts';
import {
  openGatewaySettings,
  withNamedKeys,
  type GatewaySettings,
} from './gateway/routing/gateway-settings.ts';
import { KeyRouter } from './gateway/routing/key-router.ts';
import { ModelRouter } from './gateway/routing/router.ts';
import { createPublicGateway } from './gateway/v1/serve.ts';
import { ownerId, type Logger, type Services } from './http/services.ts';
import { createModelManager } from './models/model-manager.ts';
import type { RunningModelManager } from './models/types.ts';
import { demoProject, demoTask } from './models/providers/demo/index.ts';
import { readGatewayFile } from './process/gateway-file.ts';
import { StartError } from './process/start-error.ts';
import { NodeSqliteSaver } from './store/checkpoint-saver.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { createEventLog } from './stream/log.ts';
import { openWeb } from './web/open-web.ts';
import { TerminalDesk } from './terminal/terminal-desk.ts';
import { collectRegularly } from './workspace/collect.ts';
import { openWorkspaces } from './workspace/open-workspaces.ts';

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
  const { gateway, v1, ...gateways } = await openGateways(config, store, models, gatewaySettings, logger);
  const { workspaces, terminals } = await openSandboxes(config, { store, log }, logger, options);
  const checkpointer = new NodeSqliteSaver(join(config.dataDir, 'checkpoints.db'));
  const tools = openTools(config, store, models, { gateway, ...gateways });
  const agent = createAgent({
    store,
    log,
    gateway,
    models,
    workspaces,
    checkpointer,
    tools,
    logger,
    seed: { demoProject },
  });
  await store.ledger.reclaim();
  await agent.recover();
  const background = new AbortController();
  void models.refresh(background.signal);
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
      searchesWeb: tools.some(({ name }) => name === 'web_search'),
      demoTask,
      logger,
    },
    async close() {
      background.abort();
      models.close();
      await agent.close();
      await terminals.closeAll();
      await workspaces.close();
      await gateways.close();
      checkpointer.close();
      await store.close();
    },
  };
}

/** The tools of this server, with what some of them need beside a sandbox. */
function openTools(
  config: Config,
  store: Store,
  models: RunningModelManager,
  { gateway, fastApply, ledger, secrets }: ToolGateways,
) {
  return createTools({
    web: openWeb(config, { ledger, secrets, version: readVersion() }),
    fastApply,
    explorer: createExplorer({ store, gateway, models }),
  });
}

type ToolGateways = Pick<
  Awaited<ReturnType<typeof openGateways>>,
  'gateway' | 'fastApply' | 'ledger' | 'secrets'
>;

/** A terminal that is open keeps its sandbox alive. */
async function openSandboxes(
  config: Config,
  record: Pick<Services, 'store' | 'log'>,
  logger: Logger,
  options: AppOptions,
) {
  const terminals = new TerminalDesk();
  const hasTerminal = (threadId: string) => terminals.list(threadId).some(({ isAlive }) => isAlive);
  const workspaces = await openWorkspaces(config, record, logger, {
    ...options,
    hasTerminal,
    onRemoval: () => Promise.resolve(),
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

/** The agent's way to the models and that of other programs: one cache, one set of limits, one ledger. */
async function openGateways(
  config: Config,
  store: Store,
  models: RunningModelManager,
  { current: gatewayConfig }: GatewaySettings,
  logger: Logger,
) {
  const { helicone, deadlineScale } = config;
  const connections = models.connections();
  const keyRouter = new KeyRouter({ connections, config: gatewayConfig, secretOf: config.secretOf, logger });
  const router = new ModelRouter(models, keyRouter);
  const limits = openLimits(config.dataDir, logger);
  const cache = openCache(config.dataDir, gatewayConfig, logger);
  const admissions = createAdmissions({ store: limits, settings: () => gatewayConfig().limits, logger });
  const secrets = () => knownSecrets(config, connections, gatewayConfig());
  const observation = await openObservation({
    config,
    version: readVersion(),
    secrets,
    breakers: () => breakersOf(keyRouter),
    queues: () => admissions.queues(),
    usage: store.usage,
    logger,
  });
  const ledger = observation.ledger(store.ledger);
  const direct = createGateway({ connections, router: keyRouter, helicone, ledger, deadlineScale, logger });
  const gateway = withKeptAnswers(withLimits(direct, admissions), cache, ledger);
  const fastApply = openFastApply(config, { ledger, admissions, logger });
  const keyDesk = createKeyDesk({ keys: store.keys, apiToken: config.apiToken, ownerId, logger });
  const shared = { cache, admissions, ledger, models, connections, helicone, deadlineScale, logger };
  const v1 = createPublicGateway({
    ...shared,
    keys: keyDesk,
    router,
    project,
    observer: observation.observer,
  });
  return {
    gateway,
    fastApply,
    v1,
    router,
    ledger,
    secrets,
    bodies: observation.bodies,
    metrics: observation.metrics,
    cache,
    keys: new KeyOffice(store.keys, (hash) => keyDesk.forget(hash), readBudgetUse(limits, logger)),
    async close() {
      await Promise.all([v1.close(), gateway.close(), fastApply?.close()]);
      await observation.close();
      cache.close();
      limits.close();
    },
  };
}

function openCache(dataDir: string, current: GatewaySettings['current'], logger: Logger) {
  return createResponseCache({ path: join(dataDir, 'cache.db'), bounds: () => current().cache, logger });
}

/** One for each model behind each key: a series is named once. */
function breakersOf(keys: KeyRouter) {
  return keys.health().map(({ id, model, breaker }) => ({ endpoint: `${id} ${model}`, state: breaker }));
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

function openLimits(dataDir: string, logger: Logger): LimitStore {
  const onFailure = (cause: unknown) => logger.error({ err: cause }, 'the limits could not be written');
  try {
    return openLimitStore({ path: join(dataDir, 'limits.db'), onFailure });
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

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
