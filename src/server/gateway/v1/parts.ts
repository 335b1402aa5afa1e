import type { Config } from '#server/config.ts';
import type { Message } from '#protocol/message.ts';
import type { Model } from '#protocol/model.ts';
import type { LedgerStore } from '#server/store/ledger.types.ts';
import type { GatewayClock } from '../gateway-options.ts';
import type { AttemptLedger } from '../ledger/attempt-record.ts';
import type { Deadlines } from '../limits/deadlines.ts';
import type { PassingRoutes } from '../passthrough/plan.ts';
import type { KeptReasoning } from '../clients/kept-reasoning.ts';
import type { UnstreamedModels } from '../routing/unstreamed.ts';
import type { WrittenMessages } from '../wires/written-messages.ts';
import type { HeliconeHealth } from '../routing/helicone-health.ts';
import type { Connection, PromptMessage, Target } from '../types.ts';
import type { Transport } from '../upstreams/transport.ts';
import type { ActiveCalls } from './active-calls.ts';
import type { TurnEnd } from './turn-end.ts';
import type { Admissions, CallObserver, KeyDesk, ResponseCache, Router } from './types.ts';

/** What the public gateway is made of; wired in `app.ts`. */
export interface PublicGatewayOptions {
  keys: KeyDesk;
  router: Router;
  /** null: nothing is kept. */
  cache: ResponseCache | null;
  /** null: nothing is limited. */
  admissions: Admissions | null;
  ledger: AttemptLedger & Pick<LedgerStore, 'recordHit'>;
  /** What `GET /v1/models` lists. */
  models: { list(): Model[] };
  /** By provider id; one live map. */
  connections: ReadonlyMap<string, Connection>;
  /** A conversation as this exact target may see it: where the client speaks another wire than the model. */
  project(transcript: readonly Message[], target: Target): Projected;
  helicone: Config['helicone'];
  /** Multiplies every deadline; 1 in production. */
  deadlineScale: number;
  logger: AccessLogger;
  observer?: CallObserver;
  clock?: GatewayClock;
  /** From 0 up to 1, for the jitter. */
  random?: () => number;
}

export interface Projected {
  messages: PromptMessage[];
  suppressReasoning: boolean;
}

export interface AccessLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface GatewayParts extends Required<PublicGatewayOptions> {
  deadlines: Deadlines;
  /** What is on its way, for the end of the process. */
  active: ActiveCalls;
  turn: TurnEnd;
  transport: Transport;
  routes: PassingRoutes;
  health: HeliconeHealth;
  written: WrittenMessages;
  unstreamed: UnstreamedModels;
  kept: KeptReasoning;
}
