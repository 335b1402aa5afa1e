import type { ModelConfig } from '#protocol/model.ts';
import type { ModelRequest, Target } from '#server/gateway/types.ts';
import type { ThreadRow } from '#server/store/store.ts';
import type { AgentSetup } from './parts.ts';
import { systemPrompt } from './prompt.ts';
import type { ThreadMemory } from './thread-memory.ts';

/** The transcript as this thread's current model may see it, with everything that goes along. */
export function modelRequest(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  runId: string | null,
): ModelRequest {
  const target = setup.models.target(thread.modelConfig);
  const projection = memory.project(memory.transcript, target);
  return {
    target,
    system: threadPrompt(thread, memory),
    messages: projection.messages,
    tools: target.capabilities.tools ? setup.definitions : [],
    settings: settingsOf(thread.modelConfig, target),
    ...(projection.suppressReasoning ? { suppressReasoning: true } : {}),
    context: {
      userId: thread.userId,
      threadId: thread.id,
      runId,
      ...(thread.title ? { sessionName: thread.title } : {}),
    },
  };
}

export function threadPrompt(thread: ThreadRow, memory: ThreadMemory): string {
  return systemPrompt({
    sandbox: thread.sandboxType,
    model: thread.modelConfig,
    useMorph: thread.useMorph,
    instructions: memory.instructions?.text ?? null,
  });
}

/** Characters of a request that are not messages, for estimates of its size. */
export function otherCharacters(
  setup: AgentSetup,
  thread: ThreadRow,
  memory: ThreadMemory,
  target: Target,
): number {
  const tools = target.capabilities.tools ? JSON.stringify(setup.definitions).length : 0;
  return threadPrompt(thread, memory).length + tools;
}

/** More than a model can write is refused by its provider ("max_tokens: … > 64000, which is the maximum allowed"). */
function settingsOf(
  { temperature, maxTokens, reasoningEffort, stream }: ModelConfig,
  { maxOutput }: Target,
): ModelRequest['settings'] {
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens: Math.min(maxTokens, maxOutput ?? maxTokens) }),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    ...(stream === undefined ? {} : { stream }),
  };
}

export function modelName(config: Pick<ModelConfig, 'provider' | 'model'>): string {
  return `${config.provider}/${config.model}`;
}
