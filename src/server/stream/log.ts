import type { NewEvent, ThreadEvent } from '#protocol/events.ts';
import type { Store } from '#server/store/store.ts';
import type { EventLog } from './log.types.ts';

/** Events that a slow reader may have waiting; beyond it the reader continues from the store. */
const maxWaiting = 2_000;

type Listener = (events: ThreadEvent[]) => void;

/** The append-only log of each thread: a transaction, then the live readers. */
export function createEventLog(store: Store): EventLog {
  const listeners = new Map<string, Set<Listener>>();

  async function commit(
    threadId: string,
    events: NewEvent[],
    work?: (store: Store) => Promise<void>,
    owner?: { runId: string; fencingToken: number },
  ): Promise<ThreadEvent[]> {
    const stored = await store.transaction(async (inside) => {
      if (owner) await inside.runs.assertOwner(owner.runId, owner.fencingToken);
      await work?.(inside);
      return inside.events.append(threadId, events);
    });
    if (stored.length) listeners.get(threadId)?.forEach((listener) => listener(stored));
    return stored;
  }

  function listen(threadId: string, listener: Listener): () => void {
    const set = listeners.get(threadId) ?? new Set<Listener>();
    listeners.set(threadId, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) listeners.delete(threadId);
    };
  }

  async function* subscribe(
    threadId: string,
    afterId: number,
    signal: AbortSignal,
  ): AsyncGenerator<ThreadEvent> {
    let waiting: ThreadEvent[] = [];
    let overflowed = false;
    let wake = () => {};
    const wakeUp = () => wake();
    const stop = listen(threadId, (events) => {
      if (waiting.length > maxWaiting) overflowed = true;
      else waiting.push(...events);
      wake();
    });
    signal.addEventListener('abort', wakeUp);
    try {
      let last = afterId;
      for (;;) {
        // The store first, until it has nothing newer: what was published meanwhile is skipped by its id.
        for (
          let page = await store.events.list(threadId, last);
          page.length;
          page = await store.events.list(threadId, last)
        ) {
          for (const event of page) {
            if (signal.aborted) return;
            yield event;
            last = event.id;
          }
        }
        overflowed = false;
        while (!overflowed) {
          if (signal.aborted) return;
          const batch = waiting;
          waiting = [];
          // A gap means that a commit was published before an earlier one: the store has both.
          const fresh = batch.filter((event) => event.id > last).sort((left, right) => left.id - right.id);
          if (fresh.length && fresh[0]?.id !== last + 1) break;
          for (const event of fresh) {
            if (signal.aborted) return;
            yield event;
            last = event.id;
          }
          if (!waiting.length && !overflowed && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      stop();
    }
  }

  return { commit, subscribe };
}
