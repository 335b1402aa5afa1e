import type { CacheHit, LedgerRow, LedgerStore, NewAttempt } from '#server/store/ledger.types.ts';

/** Told of every attempt, of the agent and through `/v1`. Must not throw. */
export interface AttemptWatcher {
  began(attempt: NewAttempt): void;
  ended(attempt: NewAttempt, result: Partial<LedgerRow>): void;
  cached(hit: CacheHit): void;
}

type GatewayLedger = Pick<LedgerStore, 'reserve' | 'settle' | 'recordHit'>;

/** The ledger is where each attempt passes exactly twice, so whoever counts or traces attempts looks on there. */
export function observedLedger<Ledger extends GatewayLedger>(
  ledger: Ledger,
  watchers: readonly AttemptWatcher[],
): Ledger {
  if (!watchers.length) return ledger;
  const running = new Map<string, NewAttempt>();
  return {
    ...ledger,
    async reserve(attempt) {
      await ledger.reserve(attempt);
      running.set(attempt.id, attempt);
      for (const watcher of watchers) watcher.began(attempt);
    },
    settle(id, result) {
      const attempt = running.get(id);
      if (attempt && result.status && result.status !== 'reserved') {
        running.delete(id);
        for (const watcher of watchers) watcher.ended(attempt, result);
      }
      return ledger.settle(id, result);
    },
    recordHit(hit) {
      for (const watcher of watchers) watcher.cached(hit);
      return ledger.recordHit(hit);
    },
  };
}
