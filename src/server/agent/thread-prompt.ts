import type { ThreadRow } from '#server/store/store.ts';
import { systemPrompt } from './prompt.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** The system prompt of a thread for its model; the same bytes in each of its requests. */
export function threadPrompt(
  thread: Pick<ThreadRow, 'sandboxType' | 'modelConfig'>,
  memory: ThreadMemory,
): string {
  return systemPrompt({
    sandbox: thread.sandboxType,
    model: thread.modelConfig,
    instructions: memory.instructions,
    skills: memory.skills.list,
  });
}
