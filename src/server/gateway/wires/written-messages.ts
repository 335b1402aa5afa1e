import type { PromptMessage } from '../types.ts';

/**
 * The JSON text of a message is made once: a projection keeps the same message objects from step to step, so a long
 * conversation costs each request only its new messages. Memory follows the objects.
 */
export class WrittenMessages {
  readonly #texts = new WeakMap<PromptMessage, Map<string, string>>();

  /** @param scope what the text depends on beside the message: wire, provider, model, whether reasoning goes along */
  text(message: PromptMessage, scope: string, write: () => string): string {
    const known = this.#texts.get(message)?.get(scope);
    if (known !== undefined) return known;
    const text = write();
    const byScope = this.#texts.get(message) ?? new Map<string, string>();
    this.#texts.set(message, byScope.set(scope, text));
    return text;
  }
}
