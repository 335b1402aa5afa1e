import type { Config } from '#server/config.ts';
import type { Connection } from '#server/gateway/types.ts';
import { hasKey } from '#server/gateway/upstreams/direct.ts';
import { gatewayModel } from '#server/gateway/upstreams/helicone-gateway.ts';
import type { ModelFacts } from './catalogue/facts.ts';
import type { ModelTable } from './model-table.ts';
import type { ModelUse, Provider } from './types.ts';

export interface Availability {
  config: Config;
  table: ModelTable;
  providers: ReadonlyMap<string, Provider>;
  connections: ReadonlyMap<string, Connection>;
}

/** Why a model that is not retired cannot be used, as a sentence with the way out; null when it can. */
export function whyUnavailable(
  parts: Availability,
  facts: ModelFacts,
  use: ModelUse = 'answers',
): string | null {
  if (facts.embedding && use === 'answers')
    return 'It makes vectors for a search, not answers. Choose a model that answers.';
  const provider = parts.providers.get(facts.provider);
  const connection = parts.connections.get(facts.provider);
  if (!provider) return `There is no provider "${facts.provider}".`;
  if (!isConfigured(parts, provider)) return provider.unavailableReason(parts.config);
  // As the gateway chooses the route: without a key of its own only through Helicone's, under a name that it knows.
  if (connection && !hasKey(connection) && gatewayModel({ target: facts }, connection) === null)
    return `Helicone's gateway has no name for it, and ${connection.apiKeyVariable} is not set.`;
  return null;
}

/** A key is set, or a server was found. */
export function isConfigured({ table, connections }: Availability, { id, kind }: Provider): boolean {
  return kind === 'local' ? table.isFound(id) : connections.has(id);
}
