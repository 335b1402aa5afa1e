import type { CacheAnswer } from '#protocol/gateway-config.ts';
import type { Endpoint, EndpointParts } from '../endpoint.ts';

/** How full the response cache is. */
export const getCache: Endpoint = (parts) => ({ body: describe(parts) });

/** Forgets everything that was kept for who asks. */
export const clearCache: Endpoint = (parts, { userId }) => {
  parts.cache.deleteOf(userId);
  return { body: describe(parts) };
};

function describe({ cache, routing }: EndpointParts): CacheAnswer {
  return { ...cache.size(), ...routing.settings.current().cache };
}
