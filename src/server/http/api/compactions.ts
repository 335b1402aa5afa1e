import { compactCommand, editCompaction as editCommand } from '#protocol/commands.ts';
import type { CompactionAnswer } from '#protocol/compaction.ts';
import { CrosspointError } from '#protocol/errors.ts';
import type { Endpoint } from '../endpoint.ts';

/** `POST /api/threads/{id}/compact`: answers when it is recorded. */
export const compact: Endpoint = async ({ agent }, request) => {
  const command = await request.command(compactCommand);
  const body: CompactionAnswer = { compaction: await agent.compact(request.userId, request.id, command) };
  return { body };
};

/** That there is no such thread comes before what is wrong with the text. */
export const editCompaction: Endpoint = async ({ agent, store }, request) => {
  if (!(await store.threads.get(request.userId, request.id)))
    throw new CrosspointError('not_found', { what: 'thread' });
  const { text } = await request.command(editCommand);
  const compaction = await agent.editCompaction(request.userId, request.id, text);
  const body: CompactionAnswer = { compaction };
  return { body };
};

export const removeCompaction: Endpoint = async ({ agent }, { userId, id }) => ({
  body: await agent.removeCompaction(userId, id),
});
