import type { Config } from '#server/config.ts';
import type { GatewayConfig } from '../routing/gateway-config.ts';
import { namedVariables } from '../routing/gateway-settings.ts';
import type { Connection } from '../types.ts';

/** Every secret that may stand in what a caller sends or a provider answers: those of the environment, whatever they are for. */
export function knownSecrets(
  config: Config,
  connections: ReadonlyMap<string, Connection>,
  gateway: GatewayConfig,
): (string | null)[] {
  const { keys, customKeys, secretOf, helicone, apiToken, tavily, brave, exa } = config;
  const { morph, qdrant, e2b, daytona, github } = config;
  const named = namedVariables(gateway, secretOf).map(({ name }) => secretOf(name));
  const connected = [...connections.values()].map(({ apiKey }) => apiKey);
  const services = [
    helicone.key,
    apiToken,
    tavily.key,
    brave.key,
    exa.key,
    morph.key,
    qdrant.key,
    e2b.key,
    daytona.key,
    github.token,
  ];
  return [...Object.values(keys), ...Object.values(customKeys), ...services, ...named, ...connected];
}
