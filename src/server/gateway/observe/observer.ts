import type { CallObserver } from '../v1/types.ts';
import { keepBodies, type BodyKeeperOptions } from './body-keeper.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { AttemptWatcher } from './observed-ledger.ts';
import type { Traces } from './traces.ts';

export interface ObserverParts {
  bodies: BodyKeeperOptions;
  metrics: GatewayMetrics | null;
  traces: Traces | null;
  logger: { warn(details: object, message: string): void };
}

/** Whoever looks on at calls. A fault of one of them is logged, and the call goes on. */
export function createObserver({ bodies, metrics, traces, logger }: ObserverParts): CallObserver {
  const safely = guarded(logger);
  return {
    began: (call) =>
      safely(() => {
        traces?.requestBegan(call);
        keepBodies(bodies, call);
      }),
    ended: (call) =>
      safely(() => {
        metrics?.request(call);
        traces?.request(call);
      }),
  };
}

/** The same for attempts. */
export function attemptWatchers({
  metrics,
  traces,
  logger,
}: Pick<ObserverParts, 'metrics' | 'traces' | 'logger'>): AttemptWatcher[] {
  const safely = guarded(logger);
  return [metrics, traces].flatMap((watcher) =>
    watcher === null
      ? []
      : [
          {
            began: (attempt) => safely(() => watcher.began(attempt)),
            ended: (attempt, result) => safely(() => watcher.ended(attempt, result)),
            cached: (hit) => safely(() => watcher.cached(hit)),
          } satisfies AttemptWatcher,
        ],
  );
}

function guarded(logger: ObserverParts['logger']): (work: () => void) => void {
  return (work) => {
    try {
      work();
    } catch (err) {
      logger.warn({ err }, 'who looks on at the gateway failed');
    }
  };
}
