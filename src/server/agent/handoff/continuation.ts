import type { Message } from '#protocol/message.ts';
import type { PromptMessage } from '#server/gateway/types.ts';

/** One object for all, so that its text is written once. */
const goOn: PromptMessage = {
  role: 'user',
  parts: [{ type: 'text', text: '(Go on from where that answer broke off. Do not repeat what it says.)' }],
};

/**
 * An answer that broke off in the middle of a turn is continued by another request: the model is told so, in a message
 * between the two that stays in its place from then on. A person's own words make it superfluous.
 *
 * Refusals this prevents (Anthropic): "This model does not support assistant message prefill. The conversation must end
 * with a user message", and, where two answers become one, "Expected `thinking` or `redacted_thinking`, but found `text`".
 */
export class Continuation {
  /** The last that was sent is an answer that broke off. */
  #pending = false;

  /** A message that is about to be sent. @returns what must stand before it */
  before({ role, status }: Pick<Message, 'role' | 'status'>): PromptMessage[] {
    const wanted = this.#pending && role === 'assistant';
    this.#pending = role === 'assistant' && status === 'partial';
    return wanted ? [goOn] : [];
  }

  /** What must stand at the end as of now. */
  get atEnd(): PromptMessage[] {
    return this.#pending ? [goOn] : [];
  }
}
