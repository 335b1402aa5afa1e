import type { Config } from '#server/config.ts';
import type { GatewayClock, GatewayLogger } from '../gateway-options.ts';
import type { AttemptLedger } from '../ledger/attempt-record.ts';
import type { Deadlines } from '../limits/deadlines.ts';
import type { PassingRoutes } from '../passthrough/plan.ts';
import type { HeliconeHealth } from '../routing/helicone-health.ts';
import type { Transport } from '../upstreams/transport.ts';
import type { Admissions, Router } from '../v1/types.ts';

export interface EmbeddingsOptions {
  router: Router;
  /** null: nothing is limited. */
  admissions: Admissions | null;
  ledger: AttemptLedger;
  helicone: Config['helicone'];
  /** Multiplies every deadline; 1 in production. */
  deadlineScale: number;
  logger: GatewayLogger;
  /** Time of day and waiting, for tests. */
  clock?: GatewayClock;
  /** From 0 up to 1, for the jitter. */
  random?: () => number;
}

export interface EmbeddingParts extends Required<EmbeddingsOptions> {
  limits: Deadlines;
  transport: Transport;
  routes: PassingRoutes;
  health: HeliconeHealth;
}
