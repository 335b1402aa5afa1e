import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import type { StoreTables } from '#server/store/store.ts';

/** Events are stored, then sent: a reload, a second tab and a reader after a crash see the same thing. */
export interface EventLog {
  /**
   * Runs `work` and appends `events` in one transaction, then publishes them.
   * With `owner`, the transaction fails with `interrupted` when the run no longer holds its thread (I7).
   */
  commit(
    threadId: string,
    events: NewEvent[],
    work?: (store: StoreTables) => Promise<void>,
    owner?: { runId: string; fencingToken: number },
  ): Promise<ThreadEvent[]>;
  /** The stored suffix after `afterId`, then live events, in order, each exactly once. Ends when `signal` aborts. */
  subscribe(threadId: string, afterId: number, signal: AbortSignal): AsyncIterable<ThreadEvent>;
}
