import type { KeyBudget, KeyLimits } from './keys.ts';

/** The gateway's own configuration, as `GET /api/gateway` gives it and `PUT` takes it: everything is there. docs/gateway.md. */
export interface GatewayConfig {
  /** In which order keys and endpoints are tried, where nothing else is said. */
  strategy: RoutingStrategy;
  /** By provider; a provider that is not here has the key of its own variable. */
  keys: Record<string, GatewayKey[]>;
  /** By the name that a request gives as its `model`. */
  models: Record<string, NamedModel>;
  breaker: {
    errorRatio: number;
    minRequests: number;
    windowSeconds: number;
    openSeconds: number;
    probes: number;
  };
  limits: {
    /** By user id; `*` for each that is not named. */
    users: Record<string, KeyLimits & { budget?: KeyBudget }>;
    /** Of each user that a request names. */
    endUsers: KeyLimits | null;
    providers: Record<string, KeyLimits>;
    /** Of everything together. */
    budget: KeyBudget | null;
    storeFailure: 'open' | 'closed';
  };
  cache: { maxBytes: number; maxEntries: number };
}

export type RoutingStrategy = 'order' | 'weight' | 'latency';

export interface GatewayKey {
  /** The variable that holds it, never the key itself. */
  key: string;
  weight: number;
}

export interface NamedModel {
  strategy?: RoutingStrategy;
  endpoints: ModelEndpoint[];
}

export interface ModelEndpoint {
  provider: string;
  model: string;
  weight: number;
  /** The variable of one key; left out: all keys of the provider. */
  key?: string;
}

/** `GET /api/gateway/cache`, and `DELETE` once everything of the caller is gone. */
export interface CacheAnswer {
  entries: number;
  bytes: number;
  maxEntries: number;
  maxBytes: number;
}
