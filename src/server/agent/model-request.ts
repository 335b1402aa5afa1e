import type { ModelConfig } from '#protocol/model.ts';
import type { ModelRequest, Target } from '#server/gateway/types.ts';
import type { ThreadRow } from '#server/store/store.ts';
import type { Context } from './context.ts';
import { answerLimit } from './handoff/fit.ts';

/** What this thread's current model is sent. */
export function modelRequest(
  thread: ThreadRow,
  { target, projection, fixed }: Context,
  runId: string | null,
): ModelRequest {
  return {
    target,
    ...fixed,
    messages: projection.messages,
    settings: settingsOf(thread.modelConfig, target),
    ...(projection.suppressReasoning ? { suppressReasoning: true } : {}),
    context: {
      userId: thread.userId,
      threadId: thread.id,
      runId,
      ...(thread.title ? { sessionName: thread.title } : {}),
      // Who asks for another answer begins a branch, and does not want the same one.
      ...(thread.cacheAnswers ? { cacheAnswers: { seed: String(thread.branch) } } : {}),
    },
  };
}

/** More than a model can write is refused by its provider ("max_tokens: … > 64000, which is the maximum allowed"). */
function settingsOf(
  { temperature, maxTokens, reasoningEffort, stream }: ModelConfig,
  target: Target,
): ModelRequest['settings'] {
  const limit = answerLimit(target, maxTokens);
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(limit === undefined ? {} : { maxTokens: limit }),
    ...(reasoningEffort === undefined ? {} : { reasoningEffort }),
    ...(stream === undefined ? {} : { stream }),
  };
}

export function modelName(config: Pick<ModelConfig, 'provider' | 'model'>): string {
  return `${config.provider}/${config.model}`;
}
