import type { WireWatch } from './watch.ts';

/** `POST /v1/messages/count_tokens`: no model works for it, and nothing is billed. */
export function watchCount(): WireWatch {
  return {
    sign: /$^/,
    event: () => false,
    whole(answer, seen) {
      seen.ended = answer.values.has('input_tokens');
      seen.usage = {
        inputTokens: 0,
        outputTokens: 0,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
      };
    },
  };
}
