import type { Connection } from '../types.ts';
import { emptyGatewayConfig } from '../routing/gateway-config.ts';
import { createRouter, type ModelDirectory } from '../routing/router.ts';
import type { Router } from './types.ts';

export type { ModelDirectory };

/** Each model behind its provider's one endpoint, in the order of the chain. */
export function configuredRouter(
  models: ModelDirectory,
  connections: ReadonlyMap<string, Connection>,
): Router {
  const logger = { warn: () => undefined };
  return createRouter({
    models,
    connections,
    config: () => emptyGatewayConfig,
    secretOf: () => null,
    logger,
  });
}
