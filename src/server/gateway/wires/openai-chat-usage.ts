import type { Dialect } from '../types.ts';
import type { ReportedUsage } from './wire.ts';

/** OpenAI's fields, DeepSeek's cache field and OpenRouter's cost. */
export interface ChatUsage {
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number } | null;
  completion_tokens_details?: { reasoning_tokens?: number } | null;
  prompt_cache_hit_tokens?: number;
  cost?: number | null;
  is_byok?: boolean;
  cost_details?: { upstream_inference_cost?: number | null } | null;
}

export function readChatUsage(usage: ChatUsage, dialect: Dialect): ReportedUsage {
  const charged = dialect.declaredCost ? chargedUsd(usage) : undefined;
  return {
    inputTokens: usage.prompt_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    cacheReadTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0,
    cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    ...(charged === undefined ? {} : { chargedUsd: charged }),
  };
}

/** With a person's own upstream key OpenRouter's `cost` is only its fee (openrouter.ai/docs/use-cases/usage-accounting). */
function chargedUsd({ cost, is_byok: ownKey, cost_details: details }: ChatUsage): number | undefined {
  if (typeof cost !== 'number' || !Number.isFinite(cost) || cost < 0) return undefined;
  return cost + (ownKey ? (details?.upstream_inference_cost ?? 0) : 0);
}
