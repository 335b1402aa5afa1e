import type { ReportedUsage } from './wire.ts';

export interface AnthropicUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation?: { ephemeral_1h_input_tokens?: number | null } | null;
  output_tokens_details?: { thinking_tokens?: number | null } | null;
}

/** `message_delta` repeats only some of the fields of `message_start`, cumulatively: the last value given wins. */
export function mergeUsage(known: AnthropicUsage | null, given: AnthropicUsage): AnthropicUsage {
  const fields = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  return { ...known, ...Object.fromEntries(fields) };
}

/** Anthropic's `input_tokens` leaves out what was read from or written to the cache; ours includes it. */
export function readAnthropicUsage(usage: AnthropicUsage): ReportedUsage {
  const cacheReadTokens = usage.cache_read_input_tokens ?? 0;
  const cacheWriteTokens = usage.cache_creation_input_tokens ?? 0;
  const long = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    inputTokens: (usage.input_tokens ?? 0) + cacheReadTokens + cacheWriteTokens,
    outputTokens: usage.output_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? 0,
    ...(long > 0 ? { longCacheWriteTokens: Math.min(long, cacheWriteTokens) } : {}),
  };
}
