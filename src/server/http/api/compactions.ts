import { compactCommand, editCompaction as editCommand } from '#protocol/commands.ts';
import type { CompactionAnswer } from '#protocol/compaction.ts';
import type { Endpoint } from '../endpoint.ts';

/** `POST /api/threads/{id}/compact`: answers when it is recorded. */
export const compact: Endpoint = async ({ agent }, request) => {
  const command = await request.command(compactCommand);
  const body: CompactionAnswer = { compaction: await agent.compact(request.userId, request.id, command) };
  return { body };
};

export const editCompaction: Endpoint = async ({ agent }, request) => {
  const { text } = await request.command(editCommand);
  const compaction = await agent.editCompaction(request.userId, request.id, text);
  const body: CompactionAnswer = { compaction };
  return { body };
};

export const removeCompaction: Endpoint = async ({ agent }, { userId, id }) => ({
  body: await agent.removeCompaction(userId, id),
});
