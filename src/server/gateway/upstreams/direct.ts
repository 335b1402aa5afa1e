import { CrosspointError } from '#protocol/errors.ts';
import type { Connection, ModelRequest, Target } from '../types.ts';
import { wires } from '../wires/index.ts';
import type { WrittenMessages } from '../wires/written-messages.ts';
import { commonHeaders, type UpstreamRequest } from './upstream.ts';

/** Straight to the provider, or to the demo inside this process. */
export function direct(
  request: ModelRequest,
  connection: Connection,
  written: WrittenMessages,
): UpstreamRequest {
  const { target } = request;
  const codec = wires[target.wire];
  const dialect = { ...connection.dialect, ...target.dialect };
  const headers = {
    ...commonHeaders(request),
    ...connection.headers,
    ...codec.headers,
    ...providerAuth(connection),
  };
  return {
    route: connection.embedded ? 'embedded' : 'direct',
    url: connection.baseUrl + codec.path,
    headers: () => ({ ...headers }),
    body: codec.write(request, dialect, written),
    streams: request.settings.stream !== false,
    codec,
    dialect,
    ...(connection.embedded ? { embedded: connection.embedded } : {}),
    secrets: [connection.apiKey],
    subject: { provider: connection.label, model: target.model, variable: connection.apiKeyVariable },
  };
}

/** The key in the provider's usual header. */
export function providerAuth({ auth, apiKey }: Connection): Record<string, string> {
  if (auth === 'none' || apiKey === null) return {};
  return auth === 'bearer' ? { authorization: `Bearer ${apiKey}` } : { 'x-api-key': apiKey };
}

/** Whether the provider can be asked without anybody else's key. */
export function hasKey({ auth, apiKey, embedded }: Connection): boolean {
  return auth === 'none' || apiKey !== null || embedded !== undefined;
}

/** @throws CrosspointError `model_unavailable` when the route needs a key that is not set; nothing has been sent then */
export function assertKey(
  connection: Connection,
  { provider, model }: Pick<Target, 'provider' | 'model'>,
): void {
  if (hasKey(connection)) return;
  throw new CrosspointError('model_unavailable', {
    model: `${provider}/${model}`,
    reason: `${connection.apiKeyVariable} is not set.`,
  });
}
