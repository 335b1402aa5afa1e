import { CrosspointError } from '#protocol/errors.ts';
import type { StoreTables } from '#server/store/store.ts';
import { canonicalText, hashText } from './arguments.ts';
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
  store: StoreTables,
  command: { userId: string; key: string; bodyHash: string; runId: string },
  conflict: () => CrosspointError,
): Promise<void> {
  const { userId, key, bodyHash, runId } = command;
  const claimed = await store.idempotency.claim(userId, key, bodyHash, runId);
  if (claimed.state === 'conflict') throw conflict();
  if (claimed.state === 'same') throw new Repeated(claimed.runId);
}

/**
 * Inside a transaction: takes the names that a client gave its request so that it can repeat it: a header, its own message
 * id, or both.
 * @throws `idempotency_conflict` when one of them was given to another request
 */
export async function claimKeys(
  store: StoreTables,
  userId: string,
  command: { idempotencyKey?: string; clientMessageId?: string },
  runId: string,
): Promise<void> {
  const { idempotencyKey, clientMessageId, ...body } = command;
  const bodyHash = hashText(canonicalText(body));
  const keys = [
    ...(idempotencyKey === undefined ? [] : [`key:${idempotencyKey}`]),
    ...(clientMessageId === undefined ? [] : [`message:${clientMessageId}`]),
  ];
  for (const key of keys)
    await claim(store, { userId, key, bodyHash, runId }, () => new CrosspointError('idempotency_conflict'));
}

/** The answer to a command whose transaction is `commit`, or the first answer when it is a repeat. */
export async function acceptOnce(store: StoreTables, commit: () => Promise<Accepted>): Promise<Accepted> {
  try {
    return await commit();
  } catch (cause) {
    if (!(cause instanceof Repeated)) throw cause;
    return acceptedRun(store, cause.runId);
  }
}

async function acceptedRun(store: StoreTables, runId: string): Promise<Accepted> {
  const run = await store.runs.get(runId);
  if (!run) throw new CrosspointError('not_found', { what: 'run' });
  const events = await store.events.listOfTypes(run.threadId, ['run.started', 'thread.branched']);
  const start = events.findLastIndex(
    ({ event }) => event.type === 'run.started' && event.data.runId === runId,
  );
  const firstId = events[start]?.event.id ?? 1;
  // The branch that was made for this run was told right before it.
  const before = events[start - 1]?.event;
  const branched =
    before?.type === 'thread.branched' && before.id === firstId - 1 && before.data.by === 'answer_again';
  return { threadId: run.threadId, runId, afterEventId: firstId - (branched ? 2 : 1) };
}
