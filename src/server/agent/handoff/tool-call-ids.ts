import { createHash } from 'node:crypto';
import type { Wire } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';

/**
 * Ids that each wire takes. Ids come in every shape: `call_…`, `toolu_01…`, `functions.read_file:0` (Kimi), 9 characters
 * (Mistral), 64 and more (gateways), and the same id can come twice in one conversation.
 *
 * Refusals this prevents:
 * - Anthropic: "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
 * - OpenAI chat: "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40"
 * - Mistral: "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9."
 */
const byWire: Record<Wire, { pattern: string; maxLength: number; exactLength?: number }> = {
  'openai-chat': { pattern: '^[A-Za-z0-9_-]+$', maxLength: 40 },
  'openai-responses': { pattern: '^[A-Za-z0-9_-]+$', maxLength: 64 },
  'anthropic-messages': { pattern: '^[A-Za-z0-9_-]+$', maxLength: 64 },
};

/**
 * Gives each call of a conversation an id that the target takes. Deterministic and in order of appearance, so an id
 * never changes when the conversation grows: the request prefix stays byte-identical.
 */
export class ToolCallIds {
  readonly #rule: { pattern: string; maxLength: number; exactLength?: number };
  readonly #pattern: RegExp;
  readonly #taken = new Set<string>();

  constructor(target: Target) {
    this.#rule = target.dialect?.toolCallId ?? byWire[target.wire];
    this.#pattern = new RegExp(this.#rule.pattern);
  }

  /** The id for the next call that carries `original`; a second call with the same id gets another one. */
  assign(original: string): string {
    let id = this.#isLegal(original) ? original : this.#derive(original, 0);
    for (let salt = 1; this.#taken.has(id); salt++) id = this.#derive(original, salt);
    this.#taken.add(id);
    return id;
  }

  #isLegal(id: string): boolean {
    const { maxLength, exactLength } = this.#rule;
    return (
      id.length > 0 &&
      id.length <= maxLength &&
      (!exactLength || id.length === exactLength) &&
      this.#pattern.test(id)
    );
  }

  #derive(original: string, salt: number): string {
    const hex = createHash('sha256').update(`${salt}:${original}`).digest('hex');
    const length = this.#rule.exactLength ?? Math.min(29, this.#rule.maxLength);
    return this.#rule.exactLength ? hex.slice(0, length) : `call_${hex}`.slice(0, length);
  }
}
