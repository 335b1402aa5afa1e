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
  /** Calls were the last that the model said: words after their results share a message with them. */
  #awaitsAnswer = false;
  #hasWords = false;
  /** Answers with nothing between them are sent as one message: what that one begins with. */
  #first: AssistantPart['type'] | null = null;

  constructor(target: Target) {
    this.#target = target;
  }

  /**
   * Messages in order. A person's message ends a loop unless it comes directly after results, as after a stop or an
   * error: it is then sent in one message with them, and that one still answers the calls.
   */
  push(message: Message, sent: readonly AssistantPart[]): void {
    if (message.role === 'user') {
      this.#hasWords = true;
      this.#first = null;
    }
    if (message.role === 'user' && !this.#awaitsAnswer) this.#open = this.#foreign = false;
    if (message.role !== 'assistant') return;
    const first = (this.#first ??= sent[0]?.type ?? null);
    this.#awaitsAnswer = sent.some((part) => part.type === 'tool-call');
    // Results follow the calls, and words to go on an answer that broke off: the next one stands alone.
    if (this.#awaitsAnswer || message.status === 'partial') this.#first = null;
    if (message.status === 'partial') this.#hasWords = true;
    if (!this.#awaitsAnswer) return;
    const startsLoop = !this.#open || this.#hasWords;
    this.#hasWords = false;
    this.#open = true;
    if (!isAuthor(message, this.#target)) this.#foreign = true;
    else if (startsLoop && first !== 'reasoning') this.#foreign = true;
  }

  get suppressReasoning(): boolean {
    return this.#foreign && this.#target.wire === 'anthropic-messages' && this.#target.capabilities.reasoning;
  }
}
