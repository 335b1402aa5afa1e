import { CrosspointError } from '#protocol/errors.ts';
import type { Config } from '#server/config.ts';
import type { Connection, ModelRequest } from '../types.ts';
import { assertKey, direct, hasKey } from '../upstreams/direct.ts';
import { gatewayModel, heliconeGateway } from '../upstreams/helicone-gateway.ts';
import { heliconeProxy } from '../upstreams/helicone-proxy.ts';
import type { Route } from '../upstreams/upstream.ts';
import { thinking, thinkingKind } from '../wires/anthropic-thinking.ts';
import type { WrittenMessages } from '../wires/written-messages.ts';

export interface Routes {
  first: Route;
  /** Straight to the provider, for when Helicone itself fails; absent where that is not allowed or not possible. */
  bypass?: Route;
}

/**
 * Which way a request goes. Helicone is used where it is configured and knows the provider; a model that the unified
 * gateway cannot name, or not with its thinking, takes Helicone's host for its provider instead.
 * @throws CrosspointError `model_unavailable` when no way has a key
 */
export function planRoutes(
  request: ModelRequest,
  connection: Connection,
  helicone: Config['helicone'],
  written: WrittenMessages,
): Routes {
  const straight: Route = {
    name: connection.embedded ? 'embedded' : 'direct',
    prepare: (asked) => direct(asked, connection, written),
  };
  const through = heliconeRoute(request, connection, helicone, written);
  if (!through) {
    assertKey(connection, request.target);
    return { first: straight };
  }
  return { first: through, ...(helicone.bypass && hasKey(connection) ? { bypass: straight } : {}) };
}

function heliconeRoute(
  request: ModelRequest,
  connection: Connection,
  helicone: Config['helicone'],
  written: WrittenMessages,
): Route | null {
  const { key } = helicone;
  if (key === null || connection.embedded) return null;
  if (helicone.mode === 'gateway') {
    const model = gatewayModel(request, connection);
    if (model && (!losesThinking(request, connection) || !proxyIsOpen(connection))) {
      const to = { key, url: helicone.urls.gateway, model };
      return {
        name: 'helicone-gateway',
        prepare: (asked) => heliconeGateway(asked, connection, to, written),
      };
    }
    if (!model && connection.heliconeBaseUrl && !hasKey(connection)) throw unnameable(request, connection);
  }
  if (!connection.heliconeBaseUrl) return null;
  assertKey(connection, request.target);
  return { name: 'helicone-proxy', prepare: (asked) => heliconeProxy(asked, connection, key, written) };
}

function proxyIsOpen(connection: Connection): boolean {
  return connection.heliconeBaseUrl !== undefined && hasKey(connection);
}

/** The unified gateway knows only the older form of thinking. */
function losesThinking(request: ModelRequest, connection: Connection): boolean {
  if (request.target.wire !== 'anthropic-messages') return false;
  const dialect = { ...connection.dialect, ...request.target.dialect };
  return thinkingKind(request.target, dialect) === 'adaptive' && thinking(request, dialect).on;
}

function unnameable({ target }: ModelRequest, { apiKeyVariable }: Connection): CrosspointError {
  return new CrosspointError('model_unavailable', {
    model: `${target.provider}/${target.model}`,
    reason: `Helicone's gateway has no name for it, and ${apiKeyVariable} is not set.`,
  });
}
