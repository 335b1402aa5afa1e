import { join } from 'node:path';
import { project } from './agent/handoff/project.ts';
import { openFastApply } from './agent/fast-apply.ts';
import { type Config } from './config.ts';
import { withKeptAnswers } from './gateway/cache/agent-answers.ts';
import { createResponseCache } from './gateway/cache/response-cache.ts';
import { createEmbeddings } from './gateway/embeddings/embeddings.ts';
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
import { type GatewaySettings } from './gateway/routing/gateway-settings.ts';
import { KeyRouter } from './gateway/routing/key-router.ts';
import { ModelRouter } from './gateway/routing/router.ts';
import { createPublicGateway } from './gateway/v1/serve.ts';
import { ownerId, type Logger } from './http/services.ts';
import type { McpServers } from './mcp/mcp-servers.ts';
import type { RunningModelManager } from './models/types.ts';
import { StartError } from './process/start-error.ts';
import type { Store } from './store/store.ts';
import { readVersion } from './version.ts';

/** The agent's way to the models and that of other programs: one cache, one set of limits, one ledger. */
export async function openGateways(
  config: Config,
  store: Store,
  models: RunningModelManager,
  { current: gatewayConfig, mcp }: Pick<GatewaySettings, 'current'> & { mcp: McpServers },
  logger: Logger,
) {
  const { helicone, deadlineScale } = config;
  const connections = models.connections();
  const keyRouter = new KeyRouter({ connections, config: gatewayConfig, secretOf: config.secretOf, logger });
  const router = new ModelRouter(models, keyRouter);
  const limits = openLimits(config.dataDir, logger);
  const cache = openCache(config.dataDir, gatewayConfig, logger);
  const admissions = createAdmissions({ store: limits, settings: () => gatewayConfig().limits, logger });
  const secrets = () => [...knownSecrets(config, connections, gatewayConfig()), ...mcp.secrets()];
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
  const embeddings = createEmbeddings({ router, admissions, ledger, helicone, deadlineScale, logger });
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
    embeddings,
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
      await Promise.all([v1.close(), gateway.close(), embeddings.close(), fastApply?.close()]);
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

function openLimits(dataDir: string, logger: Logger): LimitStore {
  const onFailure = (cause: unknown) => logger.error({ err: cause }, 'the limits could not be written');
  try {
    return openLimitStore({ path: join(dataDir, 'limits.db'), onFailure });
  } catch (cause) {
    throw new StartError((cause as Error).message, { cause });
  }
}
