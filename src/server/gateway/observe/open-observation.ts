import { join } from 'node:path';
import type { Config } from '#server/config.ts';
import { openBodyStore } from '#server/store/bodies.ts';
import type { LedgerStore, UsageStore } from '#server/store/ledger.types.ts';
import { GatewayMetrics, type MetricSources } from './gateway-metrics.ts';
import { observedLedger } from './observed-ledger.ts';
import { attemptWatchers, createObserver } from './observer.ts';
import { openTraces } from './traces.ts';

export interface ObservationOptions extends MetricSources {
  config: Pick<Config, 'dataDir' | 'metrics' | 'keepBodies' | 'traceEndpoint'>;
  version: string;
  usage: Pick<UsageStore, 'fold'>;
  /** Every secret that this process knows. */
  secrets: () => readonly (string | null)[];
  logger: { warn(details: object, message: string): void };
}

/** Everything that looks on at the gateway, as far as it is configured. */
export async function openObservation(options: ObservationOptions) {
  const { config, version, secrets, logger, breakers, queues } = options;
  const stopFolding = foldNowAndThen(options);
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
      stopFolding();
      await traces?.close();
      bodies.close();
    },
  };
}

const foldEveryMs = 60_000;

/** So that no report has to sum up more than a minute. */
function foldNowAndThen({ usage, logger }: Pick<ObservationOptions, 'usage' | 'logger'>): () => void {
  const fold = () =>
    usage.fold().catch((err: unknown) => logger.warn({ err }, 'the sums of the ledger could not be kept'));
  const timer = setInterval(() => void fold(), foldEveryMs).unref();
  return () => clearInterval(timer);
}
