import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAgent } from './agent/create-agent.ts';
import { project } from './agent/handoff/project.ts';
import { standardTools } from './agent/tools/index.ts';
import { ConfigError, type Config } from './config.ts';
import { createGateway } from './gateway/gateway.ts';
import { apiTokenDesk } from './gateway/v1/api-token.ts';
import { configuredRouter } from './gateway/v1/configured-router.ts';
import { createPublicGateway } from './gateway/v1/serve.ts';
import { ownerId, type Logger, type Services } from './http/services.ts';
import { createModelManager } from './models/model-manager.ts';
import { demoProject, demoTask } from './models/providers/demo/index.ts';
import { StartError } from './process/start-error.ts';
import { createLocalSandboxes } from './sandbox/local/local-sandboxes.ts';
import { NodeSqliteSaver } from './store/checkpoint-saver.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';
import { createEventLog } from './stream/log.ts';

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
  const models = await createModelManager({ config, settings: store.settings, logger });
  const { helicone, deadlineScale } = config;
  const connections = models.connections();
  const gateway = createGateway({ connections, helicone, ledger: store.ledger, deadlineScale, logger });
  const v1 = createPublicGateway({
    keys: apiTokenDesk(config.apiToken, ownerId),
    router: configuredRouter(models, connections),
    cache: null,
    admissions: null,
    project,
    ledger: store.ledger,
    models,
    connections,
    helicone,
    deadlineScale,
    logger,
  });
  const sandboxes = createLocalSandboxes({
    dataDir: config.dataDir,
    egress: config.sandboxEgress,
    ...options,
  });
  const checkpointer = new NodeSqliteSaver(join(config.dataDir, 'checkpoints.db'));
  const tools = standardTools;
  const agent = createAgent({
    store,
    log,
    gateway,
    models,
    sandboxes,
    checkpointer,
    tools,
    logger,
    seed: { demoProject },
  });
  await store.ledger.reclaim();
  await agent.recover();
  const background = new AbortController();
  void models.refresh(background.signal);
  void testSandbox(sandboxes.selfTest(), logger);
  return {
    services: {
      config,
      version: readVersion(),
      store,
      log,
      agent,
      models,
      v1,
      providerStates: () => models.providerStates(),
      sandboxes,
      searchesWeb: tools.some(({ name }) => name === 'web_search'),
      demoTask,
      logger,
    },
    async close() {
      background.abort();
      models.close();
      await agent.close();
      await sandboxes.close();
      await v1.close();
      await gateway.close();
      checkpointer.close();
      await store.close();
    },
  };
}

/** Where the record is kept and where commands run must never be another place than the one that was asked for. */
function refuseMissingEngines({ databaseUrl, sandbox }: Config): void {
  if (databaseUrl !== null)
    throw new ConfigError('DATABASE_URL', 'this version keeps its record in SQLite. Leave the variable out.');
  if (sandbox !== 'local')
    throw new ConfigError(
      'SANDBOX',
      `this version runs commands on this machine only. Use "local", not "${sandbox}".`,
    );
}

async function openRecord(dataDir: string): Promise<Store> {
  try {
    return await openStore(dataDir);
  } catch (cause) {
    throw new StartError((cause as Error).message, { cause });
  }
}

async function testSandbox(
  test: ReturnType<Services['sandboxes']['selfTest']>,
  logger: Logger,
): Promise<void> {
  const health = await test;
  if (!health.ok) logger.warn({ reason: health.reason, remedy: health.remedy }, 'commands cannot run');
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
