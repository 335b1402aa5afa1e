import { randomBytes } from 'node:crypto';
import { usageOf, type ChatAnswer } from './chat-stream.ts';
import type { Step } from './conversation.ts';

/** A whole chat completion (platform.openai.com/docs/api-reference/chat/object). */
export function chatCompletion(step: Step, { model, inputTokens }: Omit<ChatAnswer, 'includeUsage'>): object {
  const calls = step.calls.map(({ name, args }) => ({
    id: `call_${randomBytes(12).toString('hex')}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  const message = {
    role: 'assistant',
    content: step.text || null,
    refusal: null,
    ...(calls.length ? { tool_calls: calls } : {}),
  };
  return {
    id: `chatcmpl-demo-${randomBytes(8).toString('hex')}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model,
    choices: [{ index: 0, message, finish_reason: calls.length ? 'tool_calls' : 'stop' }],
    usage: usageOf(step, inputTokens),
  };
}
