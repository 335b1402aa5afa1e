import type { ThreadEvent } from '#protocol/events.ts';
import type { Store } from '#server/store/store.ts';
import { LiveBuffer } from './live-buffer.ts';
import type { EventLog } from './log.types.ts';

/** Events that are read from the store at once. */
const pageSize = 200;

/** The append-only log of each thread: a transaction, then the live readers. */
export function createEventLog(store: Store): EventLog {
  const readers = new Map<string, Set<LiveBuffer>>();

  function publish(threadId: string, events: readonly ThreadEvent[]): void {
    const buffers = readers.get(threadId);
    if (!buffers || !events.length) return;
    const size = JSON.stringify(events).length;
    for (const buffer of buffers) buffer.push(events, size);
  }

  function join(threadId: string, buffer: LiveBuffer): () => void {
    const buffers = readers.get(threadId) ?? new Set<LiveBuffer>();
    readers.set(threadId, buffers.add(buffer));
    return () => {
      buffers.delete(buffer);
      if (buffers.size === 0) readers.delete(threadId);
    };
  }

  return {
    async commit(threadId, events, work, owner) {
      const stored = await store.transaction(async (inside) => {
        if (owner) await inside.runs.assertOwner(owner.runId, owner.fencingToken);
        await work?.(inside);
        return inside.events.append(threadId, events);
      });
      publish(threadId, stored);
      return stored;
    },
    async *subscribe(threadId, afterId, signal) {
      const buffer = new LiveBuffer();
      // Before the first read: what is committed from here on is in the buffer, in the store, or in both.
      const leave = join(threadId, buffer);
      const wake = () => buffer.wake();
      signal.addEventListener('abort', wake);
      try {
        yield* follow(store, threadId, afterId, buffer, signal);
      } finally {
        signal.removeEventListener('abort', wake);
        leave();
      }
    },
  };
}

/**
 * The store until it has nothing newer, then what is published. An event that comes from both is skipped by its id; a gap
 * or a dropped event sends the reader back to the store.
 */
async function* follow(
  store: Store,
  threadId: string,
  afterId: number,
  buffer: LiveBuffer,
  signal: AbortSignal,
): AsyncGenerator<ThreadEvent> {
  let last = afterId;
  let behind = true;
  while (!signal.aborted) {
    const stored: ThreadEvent[] | null = behind ? await store.events.list(threadId, last, pageSize) : null;
    const batch: ThreadEvent[] | null = stored ?? buffer.take();
    behind = stored ? stored.length > 0 : batch === null;
    for (const event of batch ?? []) {
      if (event.id <= last) continue;
      behind ||= !stored && event.id !== last + 1;
      if (signal.aborted || (behind && !stored)) break;
      yield event;
      last = event.id;
    }
    if (!behind && !signal.aborted) await buffer.changed();
  }
}
