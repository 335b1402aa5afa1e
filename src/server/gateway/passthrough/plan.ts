import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '#server/config.ts';
import type { AskedUpstream } from '../response-failure.ts';
import type { RequestContext } from '../types.ts';
import { heliconeHeaders } from '../upstreams/helicone-headers.ts';
import { assertKey, hasKey, providerAuth } from '../upstreams/direct.ts';
import type { DispatchRequest } from '../upstreams/transport.ts';
import type { RouteName } from '../upstreams/upstream.ts';
import type { Candidate } from '../v1/types.ts';

/** One candidate that is asked in the client's own wire. */
export interface PassingRoute {
  upstream: AskedUpstream;
  request: Omit<DispatchRequest, 'body'>;
}

export interface RouteWish {
  candidate: Candidate;
  /** Below the base URL. */
  path: string;
  /** Headers of the wire, such as Anthropic's version. */
  headers: Record<string, string>;
  client: IncomingHttpHeaders;
  context: RequestContext;
  streams: boolean;
}

/** What a client may say to a provider beside the body. */
const passed = ['anthropic-version', 'anthropic-beta', 'openai-beta'] as const;

interface Way {
  name: RouteName;
  baseUrl: string;
  headers: Record<string, string>;
  secrets: (string | null)[];
}

/** The ways of a request that goes out in the client's own wire. */
export class PassingRoutes {
  readonly #helicone: Config['helicone'];
  /** A base URL is one of a few that are configured; taking it apart costs more than looking it up. */
  readonly #addresses = new Map<string, { origin: string; pathname: string }>();

  constructor(helicone: Config['helicone']) {
    this.#helicone = helicone;
  }

  /** Straight to the provider, or to the demo inside this process. @throws CrosspointError `model_unavailable` without a key */
  direct(wish: RouteWish): PassingRoute {
    const { connection, target } = wish.candidate;
    const { embedded, baseUrl, apiKey } = connection;
    assertKey(connection, target);
    const name = embedded ? 'embedded' : 'direct';
    return this.#route(wish, { name, baseUrl, headers: providerAuth(connection), secrets: [apiKey] });
  }

  /** Over Helicone's host for this provider; null where there is none, or no key for it. */
  helicone(wish: RouteWish): PassingRoute | null {
    const { connection } = wish.candidate;
    const { heliconeBaseUrl, embedded, apiKey } = connection;
    const { key } = this.#helicone;
    if (key === null || !heliconeBaseUrl || embedded || !hasKey(connection)) return null;
    return this.#route(wish, {
      name: 'helicone-proxy',
      baseUrl: heliconeBaseUrl,
      headers: {
        ...providerAuth(connection),
        ...heliconeHeaders(wish.context),
        'helicone-auth': `Bearer ${key}`,
      },
      secrets: [apiKey, key],
    });
  }

  #route(wish: RouteWish, { name, baseUrl, headers, secrets }: Way): PassingRoute {
    const { candidate, path, streams } = wish;
    const { connection, target } = candidate;
    const { origin, pathname } = this.#address(baseUrl);
    const { label: provider, apiKeyVariable: variable, embedded } = connection;
    return {
      upstream: { route: name, streams, secrets, subject: { provider, model: target.model, variable } },
      request: {
        origin,
        // The demo has no address: its path is the wire's own.
        path: embedded ? path : pathname + path,
        headers: { ...headersOf(wish), ...headers },
        ...(embedded ? { embedded } : {}),
      },
    };
  }

  #address(baseUrl: string): { origin: string; pathname: string } {
    const known = this.#addresses.get(baseUrl);
    if (known) return known;
    const { origin, pathname } = new URL(baseUrl);
    const address = { origin, pathname: pathname === '/' ? '' : pathname };
    this.#addresses.set(baseUrl, address);
    return address;
  }
}

function headersOf({ candidate, client, headers, streams }: RouteWish): Record<string, string> {
  const all: Record<string, string> = {
    'content-type': 'application/json',
    accept: streams ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'crosspoint',
    ...candidate.connection.headers,
    ...headers,
  };
  for (const name of passed) {
    const value = client[name];
    if (typeof value === 'string') all[name] = value;
  }
  return all;
}
