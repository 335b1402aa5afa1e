import type { PromptMessage } from '#server/gateway/types.ts';
import { brokenOff } from './handoff/partial.ts';

/** One object for all, so that its text is written once. */
const goOn: PromptMessage = {
  role: 'user',
  parts: [{ type: 'text', text: '(Go on from where that answer broke off. Do not repeat what it says.)' }],
};

/**
 * An answer that broke off in the middle of a turn is continued by another request: the model is told so, in a message that
 * stays in its place from then on.
 *
 * Refusals this prevents (Anthropic): "This model does not support assistant message prefill. The conversation must end
 * with a user message", and, where two answers become one, "Expected `thinking` or `redacted_thinking`, but found `text`".
 */
export function withContinuations(messages: PromptMessage[]): PromptMessage[] {
  if (!messages.some((message, index) => isContinued(message, messages[index + 1]))) return messages;
  return messages.flatMap((message, index) =>
    isContinued(message, messages[index + 1]) ? [message, goOn] : [message],
  );
}

function isContinued(message: PromptMessage, next: PromptMessage | undefined): boolean {
  if (message.role !== 'assistant' || (next && next.role !== 'assistant')) return false;
  const last = message.parts.at(-1);
  return last?.type === 'text' && last.text.endsWith(brokenOff);
}
