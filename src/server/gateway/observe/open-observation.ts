import { join } from 'node:path';
import type { Config } from '#server/config.ts';
import { openBodyStore } from '#server/store/bodies.ts';
import type { LedgerStore } from '#server/store/ledger.types.ts';
import { GatewayMetrics, type MetricSources } from './gateway-metrics.ts';
import { observedLedger } from './observed-ledger.ts';
import { attemptWatchers, createObserver } from './observer.ts';
import { openTraces } from './traces.ts';

export interface ObservationOptions extends MetricSources {
  config: Pick<Config, 'dataDir' | 'metrics' | 'keepBodies' | 'traceEndpoint'>;
  version: string;
  /** Every secret that this process knows. */
  secrets: () => readonly (string | null)[];
  logger: { warn(details: object, message: string): void };
}

/** Everything that looks on at the gateway, as far as it is configured. */
export async function openObservation(options: ObservationOptions) {
  const { config, version, secrets, logger, breakers, queues } = options;
  const bodies = openBodyStore(join(config.dataDir, 'bodies.db'));
  const metrics = config.metrics ? new GatewayMetrics({ breakers, queues }) : null;
  const traces = config.traceEndpoint
    ? await openTraces({ endpoint: config.traceEndpoint, version, logger })
    : null;
  const watchers = attemptWatchers({ metrics, traces, logger });
  return {
    bodies,
    metrics,
    observer: createObserver({
      bodies: { store: bodies, keepAll: config.keepBodies, secrets, logger },
      metrics,
      traces,
      logger,
    }),
    ledger: (ledger: LedgerStore): LedgerStore => observedLedger(ledger, watchers),
    async close() {
      await traces?.close();
      bodies.close();
    },
  };
}
