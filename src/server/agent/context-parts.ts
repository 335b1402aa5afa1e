import type { ContextParts } from '#protocol/context.ts';
import { contextFor } from './context.ts';
import { inputRoom } from './handoff/fit.ts';
import { nameOf } from './handoff/receipt.ts';
import { scaled } from './handoff/tokens/part-sizes.ts';
import type { AgentSetup } from './parts.ts';
import { projectText } from './prompt.ts';
import type { Runs } from './runs.ts';
import { requireThread } from './switch-model.ts';

/** What the request of a thread's model would be spent on now, in the form in which it gets the conversation. */
export async function contextParts(
  setup: AgentSetup,
  runs: Runs,
  userId: string,
  threadId: string,
): Promise<ContextParts> {
  const thread = await requireThread(setup, userId, threadId);
  const memory = runs.memories.of(threadId);
  await memory.refresh(setup.store);
  await setup.tokens.load();
  const { target, projection, fixed, count } = contextFor(setup, thread, memory, thread.modelConfig);
  const sizes = setup.partCounter.sizes(
    projection.messages,
    fixed,
    projectText({ instructions: memory.instructions, skills: memory.skills.list }),
  );
  const { contextWindow } = target;
  return {
    model: nameOf(target),
    tokens: count.tokens,
    parts: scaled(sizes, count.tokens),
    contextWindow,
    answerTokens:
      contextWindow === null ? null : contextWindow - inputRoom(target, thread.modelConfig.maxTokens),
    estimated: count.estimated,
    shortenedResults: projection.results.shortened,
    repeatedReads: projection.results.repeated,
  };
}
