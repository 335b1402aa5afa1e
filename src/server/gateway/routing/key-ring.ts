import { hasKey } from '../upstreams/direct.ts';
import type { Connection } from '../types.ts';
import type { GatewayConfig } from './gateway-config.ts';

/** A connection with one of the provider's keys. */
interface KeyedConnection {
  connection: Connection;
  /** Of the provider and the key's variable; never the key itself. */
  id: string;
  weight: number;
}

export interface KeyRing {
  /** Those that are set. */
  keys: KeyedConnection[];
  /** Variables that are named and not set. */
  missing: string[];
}

/** The keys of each provider. The values come from the environment only; what the configuration knows is their names. */
export class KeyRings {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #secretOf: (variable: string) => string | null;
  #config: GatewayConfig | null = null;
  readonly #made = new Map<string, { from: Connection; ring: KeyRing }>();

  /** @param secretOf the value of an environment variable */
  constructor(connections: ReadonlyMap<string, Connection>, secretOf: (variable: string) => string | null) {
    this.#connections = connections;
    this.#secretOf = secretOf;
  }

  /** null for a provider that is not connected. @param only one variable instead of those that are configured */
  of(config: GatewayConfig, provider: string, only?: string): KeyRing | null {
    const from = this.#connections.get(provider);
    if (!from) return null;
    if (config !== this.#config) this.#made.clear();
    this.#config = config;
    const name = only === undefined ? provider : `${provider} ${only}`;
    const known = this.#made.get(name);
    if (known?.from === from) return known.ring;
    const ring = this.#make(from, only === undefined ? config.keys[provider] : [{ key: only, weight: 1 }]);
    this.#made.set(name, { from, ring });
    return ring;
  }

  #make(from: Connection, named: GatewayConfig['keys'][string] | undefined): KeyRing {
    if (!named || from.embedded) return ownKey(from);
    const ring: KeyRing = { keys: [], missing: [] };
    for (const { key, weight } of named) {
      const apiKey = this.#secretOf(key);
      if (apiKey === null) ring.missing.push(key);
      else ring.keys.push({ connection: withKey(from, key, apiKey), id: idOf(from, key), weight });
    }
    return ring;
  }
}

function ownKey(connection: Connection): KeyRing {
  const { apiKey, apiKeyVariable } = connection;
  // Without a key of its own it may still be served through Helicone's unified gateway: the route decides.
  const missing = hasKey(connection) ? [] : [apiKeyVariable];
  return {
    keys: [{ connection, id: idOf(connection, apiKey === null ? '' : apiKeyVariable), weight: 1 }],
    missing,
  };
}

function withKey(from: Connection, apiKeyVariable: string, apiKey: string): Connection {
  // A custom server without a key of its own has no way to send one: it then takes the usual one.
  const auth = from.auth === 'none' ? 'bearer' : from.auth;
  return { ...from, apiKey, apiKeyVariable, auth };
}

function idOf({ provider }: Connection, variable: string): string {
  return variable ? `${provider}/${variable}` : provider;
}
