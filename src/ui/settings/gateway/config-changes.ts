import type { GatewayConfig, GatewayKey, NamedModel } from '#protocol/gateway-config.ts';
import type { KeyBudget, KeyLimits } from '#protocol/keys.ts';

/** Changes of the whole configuration, each of one part of it: the server takes it as a whole. */

/** Whom a limit is for: `all`, `end-users`, `user:<id>` (`user:*` for each), `provider:<id>`. */
export type LimitTarget = 'all' | 'end-users' | `user:${string}` | `provider:${string}`;

export interface LimitRow {
  target: LimitTarget;
  limits: KeyLimits;
  budget: KeyBudget | null;
}

/** In the order in which they are shown. */
export function limitRows({ limits: { budget, users, endUsers, providers } }: GatewayConfig): LimitRow[] {
  const each = Object.entries(users).map(([id, { budget: own, ...limits }]): LimitRow => {
    return { target: `user:${id}`, limits, budget: own ?? null };
  });
  const ofProviders = Object.entries(providers).map(([id, limits]): LimitRow => {
    return { target: `provider:${id}`, limits, budget: null };
  });
  return [
    ...(budget ? [{ target: 'all' as const, limits: {}, budget }] : []),
    ...each,
    ...(endUsers ? [{ target: 'end-users' as const, limits: endUsers, budget: null }] : []),
    ...ofProviders,
  ];
}

/** A target without any limit is left out. */
export function withLimit(config: GatewayConfig, { target, limits, budget }: LimitRow): GatewayConfig {
  const isNone = Object.keys(limits).length === 0 && budget === null;
  const id = target.slice(target.indexOf(':') + 1);
  const { users, providers } = config.limits;
  const changed: Partial<GatewayConfig['limits']> =
    target === 'all'
      ? { budget }
      : target === 'end-users'
        ? { endUsers: isNone ? null : limits }
        : target.startsWith('user:')
          ? { users: withEntry(users, id, isNone ? null : { ...limits, ...(budget ? { budget } : {}) }) }
          : { providers: withEntry(providers, id, isNone ? null : limits) };
  return { ...config, limits: { ...config.limits, ...changed } };
}

/** Under a new name in its old place; null takes it away. */
export function withModel(
  config: GatewayConfig,
  before: string | null,
  after: { name: string; model: NamedModel } | null,
): GatewayConfig {
  const entries = Object.entries(config.models).flatMap(([name, model]): [string, NamedModel][] => {
    if (name !== before) return name === after?.name ? [] : [[name, model]];
    return after ? [[after.name, after.model]] : [];
  });
  const isNew = after !== null && !entries.some(([name]) => name === after.name);
  return { ...config, models: Object.fromEntries(isNew ? [...entries, [after.name, after.model]] : entries) };
}

/** Without keys a provider has that of its own variable again. */
export function withKeys(config: GatewayConfig, provider: string, keys: GatewayKey[]): GatewayConfig {
  return { ...config, keys: withEntry(config.keys, provider, keys.length > 0 ? keys : null) };
}

function withEntry<Value>(record: Record<string, Value>, name: string, value: Value | null) {
  const { [name]: _, ...others } = record;
  return value === null ? others : { ...record, [name]: value };
}
