import { emptyGatewayConfig } from '../routing/gateway-config.ts';
import { KeyRouter } from '../routing/key-router.ts';
import { ModelRouter, type ModelDirectory } from '../routing/router.ts';
import type { Connection } from '../types.ts';
import type { Router } from './types.ts';

/** Each model behind its provider's one endpoint, in the order of the chain. */
export function configuredRouter(
  models: ModelDirectory,
  connections: ReadonlyMap<string, Connection>,
): Router {
  const logger = { warn: () => undefined };
  const config = () => emptyGatewayConfig;
  return new ModelRouter(models, new KeyRouter({ connections, config, secretOf: () => null, logger }));
}
