import { CrosspointError } from '#protocol/errors.ts';
import type { Store } from '#server/store/store.ts';
import type { Accepted } from './types.ts';

/** Ends a transaction in which nothing is to be written: the same command was carried out before. */
class Repeated extends Error {
  readonly runId: string;
  constructor(runId: string) {
    super('the same command was carried out before');
    this.runId = runId;
  }
}

/**
 * Inside a transaction: takes a key for a command. An equal command that was carried out before ends the transaction and
 * `acceptOnce` answers as it did then.
 * @throws what `conflict` gives when the key was used for another command
 */
export async function claim(
  store: Store,
  command: { userId: string; key: string; bodyHash: string; runId: string },
  conflict: () => CrosspointError,
): Promise<void> {
  const { userId, key, bodyHash, runId } = command;
  const claimed = await store.idempotency.claim(userId, key, bodyHash, runId);
  if (claimed.state === 'conflict') throw conflict();
  if (claimed.state === 'same') throw new Repeated(claimed.runId);
}

/** The answer to a command whose transaction is `commit`, or the first answer when it is a repeat. */
export async function acceptOnce(store: Store, commit: () => Promise<Accepted>): Promise<Accepted> {
  try {
    return await commit();
  } catch (cause) {
    if (!(cause instanceof Repeated)) throw cause;
    return acceptedRun(store, cause.runId);
  }
}

async function acceptedRun(store: Store, runId: string): Promise<Accepted> {
  const run = await store.runs.get(runId);
  if (!run) throw new CrosspointError('not_found', { what: 'run' });
  const starts = await store.events.listOfTypes(run.threadId, ['run.started']);
  const start = starts.findLast(({ event }) => event.type === 'run.started' && event.data.runId === runId);
  return { threadId: run.threadId, runId, afterEventId: (start?.event.id ?? 1) - 1 };
}
