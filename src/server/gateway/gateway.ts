import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrosspointError } from '#protocol/errors.ts';
import { AnsweredHistories, assertAnswered } from './admit.ts';
import { attempts, type CallParts } from './attempts.ts';
import type { GatewayClock, GatewayOptions } from './gateway-options.ts';
import { DeadlineError, LinkedController, deadlines } from './limits/deadlines.ts';
import { emptyGatewayConfig } from './routing/gateway-config.ts';
import { HeliconeHealth } from './routing/helicone-health.ts';
import { KeyRouter } from './routing/key-router.ts';
import { nothing } from './routing/outcome.ts';
import { planRoutes } from './routing/routes.ts';
import { UnstreamedModels } from './routing/unstreamed.ts';
import type { Connection, Gateway, ModelRequest, ModelStreamEvent, OnUsage } from './types.ts';
import { Transport } from './upstreams/transport.ts';
import { WrittenMessages } from './wires/written-messages.ts';

const systemClock: GatewayClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** The one way out to models: admit → route → attempt → settle. */
export function createGateway(options: GatewayOptions): Gateway {
  const limits = deadlines(options.deadlineScale);
  const given = { clock: systemClock, random: Math.random, logger: { warn: () => undefined }, ...options };
  const parts: GatewayParts = {
    ...given,
    router: given.router ?? eachWithItsKey(given),
    limits,
    transport: new Transport(limits.connect),
    written: new WrittenMessages(),
    histories: new AnsweredHistories(),
    health: new HeliconeHealth(options.deadlineScale),
    unstreamed: new UnstreamedModels(),
  };
  return {
    stream: (request, signal, onUsage) => streamRequest(parts, request, signal, onUsage),
    close: () => parts.transport.close(),
  };
}

type GatewayParts = CallParts & { connections: GatewayOptions['connections']; histories: AnsweredHistories };

/** Without a configuration of its own every provider has the one key of its connection. */
function eachWithItsKey(
  options: Pick<Required<GatewayOptions>, 'connections' | 'logger' | 'random'>,
): KeyRouter {
  return new KeyRouter({ ...options, config: () => emptyGatewayConfig, secretOf: () => null });
}

async function* streamRequest(
  parts: GatewayParts,
  given: ModelRequest,
  signal: AbortSignal,
  onUsage: OnUsage | undefined,
): AsyncGenerator<ModelStreamEvent> {
  const request = parts.unstreamed.applied(given);
  const requestId = randomUUID();
  assertAnswered(request, requestId, parts.histories, parts.logger);
  const { label } = connectionOf(parts, request);
  const ways = parts.router.keysFor(request.target).map((candidate) => ({
    candidate,
    routes: planRoutes(request, candidate.connection, parts.helicone, parts.written),
  }));
  const whole = new LinkedController(signal);
  const total = setTimeout(() => whole.abort(new DeadlineError('total time')), parts.limits.total);
  try {
    yield* attempts({ ...parts, request, requestId, label, signal: whole.signal, onUsage }, ways);
  } finally {
    // What was begun and has not ended when the caller stops listening.
    for (const { candidate } of ways) parts.router.report(candidate, nothing);
    clearTimeout(total);
    whole.unlink();
  }
}

function connectionOf({ connections }: GatewayParts, { target }: ModelRequest): Connection {
  const connection = connections.get(target.provider);
  if (connection) return connection;
  const known = [...connections.keys()].join(', ');
  throw new CrosspointError('unknown_provider', { provider: target.provider, known });
}
