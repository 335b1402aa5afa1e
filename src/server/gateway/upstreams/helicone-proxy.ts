import type { Connection, ModelRequest } from '../types.ts';
import type { WrittenMessages } from '../wires/written-messages.ts';
import { direct } from './direct.ts';
import { heliconeHeaders } from './helicone-headers.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Helicone's host for one provider: the provider's own body and key, and Helicone's key beside it. */
export function heliconeProxy(
  request: ModelRequest,
  connection: Connection,
  heliconeKey: string,
  written: WrittenMessages,
): UpstreamRequest {
  const native = direct(request, connection, written);
  const base = connection.heliconeBaseUrl ?? connection.baseUrl;
  return {
    ...native,
    route: 'helicone-proxy',
    url: base + native.codec.path,
    headers: () => ({
      ...native.headers(),
      ...heliconeHeaders(request.context),
      'helicone-auth': `Bearer ${heliconeKey}`,
    }),
    secrets: [...native.secrets, heliconeKey],
  };
}
