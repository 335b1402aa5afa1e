import type { FinishReason } from '../../types.ts';
import type { AnsweredUsage } from '../client-wire.ts';
import { errorType, type ClientFailure } from '../failure.ts';

/** The parts that streams and whole answers of chat completions have in common. */

export function chatFinish(reason: FinishReason, refused: boolean): string {
  if (reason === 'tool-calls') return 'tool_calls';
  // A model that declines in words of its own ends as it always does; one that was stopped from answering was filtered.
  if (reason === 'refusal') return refused ? 'stop' : 'content_filter';
  return reason === 'content-filter' ? 'content_filter' : reason;
}

export function chatUsage(usage: AnsweredUsage): object {
  const { inputTokens, outputTokens } = usage;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  } satisfies Record<string, unknown>;
}

/** Names the form of our `reasoning_details`, as OpenRouter does of each provider's. */
export const format = 'crosspoint-v1';

/** OpenRouter's name and DeepSeek's: clients know one or the other. */
export function reasoningText(text: string) {
  return { reasoning: text, reasoning_content: text };
}

/** `{"error": …}`, also of the responses and embeddings endpoints. */
export function openAiErrorObject({ status, code, message, param }: ClientFailure): object {
  return { error: { message, type: errorType(status), param, code } };
}
