import { StreamableHTTPClientTransport, type AuthProvider } from '@modelcontextprotocol/client';
import type { HttpTransport } from '#protocol/mcp.ts';
import { assertMayBeAsked } from './address.ts';
import { serverFetch } from './server-fetch.ts';

const answerBytes = 16 * 1024 * 1024;

/**
 * Asks one server, at the address that the person gave and at no other: a redirect to elsewhere is refused, and unless they
 * said so no name may lead into a private network, whatever it resolves to at the time.
 * @param secretOf the value of a variable; null: it is not set
 * @param authProvider gives the token of a person who signed in; null: the configuration says all
 * @throws `mcp_address_refused`
 */
export function httpTransport(
  { url, bearerVariable, headers, allowPrivate }: HttpTransport,
  secretOf: (variable: string) => string | null,
  authProvider: AuthProvider | null,
): StreamableHTTPClientTransport {
  const address = new URL(url);
  assertMayBeAsked(address);
  const named = headers.flatMap(({ name, variable }) => pair(name, secretOf(variable)));
  const bearer = bearerVariable === null ? null : secretOf(bearerVariable);
  return new StreamableHTTPClientTransport(address, {
    fetch: serverFetch({ url, allowPrivate }, { bytes: answerBytes }),
    requestInit: {
      headers: Object.fromEntries([...named, ...pair('Authorization', bearer && `Bearer ${bearer}`)]),
    },
    ...(authProvider ? { authProvider } : {}),
    redirectPolicy: 'same-origin',
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 10_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  });
}

function pair(name: string, value: string | null): [string, string][] {
  return value ? [[name, value]] : [];
}
