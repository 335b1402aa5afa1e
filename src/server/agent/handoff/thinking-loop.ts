import type { AssistantPart, Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { isAuthor } from './issuer.ts';

/**
 * Inside a tool loop that began under another model, thinking is off until the loop ends: Anthropic wants its own
 * signed thinking first in the turn that is still open, and a foreign model cannot have written it.
 *
 * Refusal this prevents: "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.
 * When `thinking` is enabled, a final `assistant` message must start with a thinking block" (openai-agents-js#770).
 */
export class ThinkingLoop {
  readonly #target: Target;
  #open = false;
  #foreign = false;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Messages in order; a person's message ends a loop. */
  push(message: Message, sent: readonly AssistantPart[]): void {
    if (message.role === 'user') this.#open = this.#foreign = false;
    if (message.role !== 'assistant' || !sent.some((part) => part.type === 'tool-call')) return;
    const startsLoop = !this.#open;
    this.#open = true;
    if (!isAuthor(message, this.#target)) this.#foreign = true;
    else if (startsLoop && sent[0]?.type !== 'reasoning') this.#foreign = true;
  }

  get suppressReasoning(): boolean {
    return this.#foreign && this.#target.wire === 'anthropic-messages' && this.#target.capabilities.reasoning;
  }
}
