import { chatEndpoint } from '../chat/endpoint.ts';
import { usageLast, type ChatStyle } from '../chat/render.ts';
import type { Reply } from '../emulator.ts';
import { openAiError } from '../openai.ts';
import { isObject } from '../refusal.ts';
import { sign } from '../seal.ts';
import { pieces, usageOf } from '../script.ts';
import type { Writer } from '../stage.ts';

const style: ChatStyle = {
  idPrefix: 'chatcmpl-helicone-',
  reasoningDeltas(reply) {
    const thought = thoughtOf(reply);
    if (!thought) return [];
    return [
      ...pieces(thought).map((reasoning) => ({ reasoning })),
      { reasoning_details: details(reply, thought) },
    ];
  },
  reasoningFields(reply) {
    const thought = thoughtOf(reply);
    return thought ? { reasoning: thought, reasoning_details: details(reply, thought) } : {};
  },
  usageChunks: usageLast,
  /** Writes to the cache are left out of `prompt_tokens`, and the total counts cached ones twice (mapModelUsageToOpenAI). */
  usage({ answer, bodyText }) {
    const { input, output, cacheRead, cacheWrite, reasoning } = usageOf(answer, bodyText);
    return {
      prompt_tokens: input - cacheWrite,
      completion_tokens: output,
      total_tokens: input + output + cacheRead,
      prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
  },
};

/** Claude's answer in chat completions, as Helicone's gateway translates it. */
const { frames, whole, ...others } = chatEndpoint({ style, check: () => undefined, errorBody: openAiError });
export const claudeWriter: Omit<Writer, 'error'> = {
  ...others,
  frames: (reply) => frames(withUsage(reply)),
  whole,
};

/** In streams the gateway always asks for the usage. */
function withUsage(reply: Reply): Reply {
  const body = { ...reply.asked.body, stream_options: { include_usage: true } };
  return { ...reply, asked: { ...reply.asked, body } };
}

function thoughtOf({ asked, answer }: Reply): string {
  if (!isObject(asked.body.thinking)) return '';
  return answer.reasoning ?? (asked.step === 0 ? 'Let me think.' : '');
}

function details({ asked }: Reply, thinking: string): object[] {
  return [{ thinking, signature: sign(asked.provider, asked.model, thinking) }];
}
