import type { Config } from '#server/config.ts';
import type { LedgerStore } from '#server/store/ledger.types.ts';
import type { KeyRouter } from './routing/key-router.ts';
import type { Connection } from './types.ts';

export interface GatewayOptions {
  /** By provider id. */
  connections: ReadonlyMap<string, Connection>;
  /** Keys and their health, shared with `/v1`; left out: each provider has one key. */
  router?: KeyRouter;
  helicone: Config['helicone'];
  ledger: LedgerStore;
  /** Multiplies every deadline; 1 in production. */
  deadlineScale: number;
  logger?: GatewayLogger;
  /** Time of day and waiting, for tests. */
  clock?: GatewayClock;
  /** From 0 up to 1, for the jitter. */
  random?: () => number;
}

export interface GatewayLogger {
  warn(details: object, message: string): void;
}

export interface GatewayClock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
