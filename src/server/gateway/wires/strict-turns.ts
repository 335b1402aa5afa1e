import type { ChatMessage } from './chat-message.ts';

/**
 * What stands between two messages that may not be neighbours. It is added, and nothing is joined: so the bytes of the
 * messages before it stay as they were when the conversation goes on.
 */
const heard: ChatMessage = { role: 'assistant', content: 'I have read it.' };
const goOn: ChatMessage = { role: 'user', content: '(Go on.)' };

/**
 * Turns as strict templates want them: user and assistant alternate, and between results and a person's words (after a
 * stop, a refusal or an error, and where pictures follow results) stands an answer.
 *
 * Refusals this prevents:
 * - Mistral: "Unexpected role 'user' after role 'tool'" (zed-industries/zed#37021, NousResearch/hermes-agent#20154)
 * - Ministral, Gemma: "After the optional system message, conversation roles must alternate user and assistant roles"
 *   (charmbracelet/crush#279), "Conversation roles must alternate user/assistant/user/assistant/..."
 */
export function strictTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.flatMap((message, at) => [...between(messages[at - 1], message), message]);
}

/**
 * Programs that record an answer block by block have several of the model's own messages with nothing between them.
 * Google: "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
 */
export function callsAfterOthers(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.flatMap((message, at) =>
    message.tool_calls === undefined || messages[at - 1]?.role !== 'assistant' ? [message] : [goOn, message],
  );
}

function between(left: ChatMessage | undefined, right: ChatMessage): ChatMessage[] {
  if (!left || left.tool_calls !== undefined) return [];
  if (right.role === 'user') return left.role === 'assistant' ? [] : [heard];
  return right.role === 'assistant' && left.role === 'assistant' ? [goOn] : [];
}

/** The system prompt as the beginning of what is said first: "System role not supported" (Gemma 1 and 2). */
export function withoutSystemRole(system: string, messages: readonly ChatMessage[]): ChatMessage[] {
  const [first, ...rest] = messages;
  if (system === '' || !first) return [...messages];
  const { content } = first;
  if (typeof content === 'string') return [{ ...first, content: `${system}\n\n${content}` }, ...rest];
  const parts = Array.isArray(content) ? content : [];
  return [{ ...first, content: [{ type: 'text', text: system }, ...parts] }, ...rest];
}
