import { CrosspointError } from '#protocol/errors.ts';
import type { NewEvent } from '#protocol/events.ts';
import { assertIdle } from '#server/store/assert-idle.ts';
import { cutPath, pathTo } from '#server/store/branch-path.ts';
import type { AgentSetup } from './parts.ts';
import { requireThread } from './switch-model.ts';

/**
 * The thread goes on before one of the person's messages, on a new branch that waits for another. What followed stays, and
 * can be gone back to. Files are not touched.
 * @returns the branch's number
 * @throws `not_found`, `run_active`, `review_pending`, `bad_request` for what is no message of a person
 */
export async function rewindConversation(
  setup: AgentSetup,
  userId: string,
  threadId: string,
  messageId: string,
): Promise<number> {
  const thread = await requireThread(setup, userId, threadId);
  const events: NewEvent[] = [];
  let branchId = 0;
  await setup.log.commit(thread.id, events, async (store) => {
    await assertIdle(store, thread.id);
    const place = await store.messages.place(thread.id, messageId);
    if (!place) throw new CrosspointError('not_found', { what: 'message' });
    const whole = cutPath(pathTo(await store.branches.list(thread.id), place.branch), place.seq);
    const messages = await store.messages.list(thread.id, { path: whole });
    if (messages.at(-1)?.role !== 'user')
      throw new CrosspointError('bad_request', { detail: 'Name a message of yours to go back to.' });
    const afterSeq = messages.at(-2)?.seq ?? 0;
    const parentId = cutPath(whole, afterSeq).at(-1)?.branch ?? 0;
    const createdAt = new Date().toISOString();
    branchId = await store.branches.add(thread.id, { parentId, afterSeq, createdAt });
    await store.threads.update(userId, thread.id, { updatedAt: createdAt });
    events.push({ type: 'thread.branched', data: { branchId, afterSeq, by: 'rewind' } });
  });
  return branchId;
}
