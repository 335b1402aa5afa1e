/**
 * A model now and then calls a tool that does not exist, by a name such as `read file` or `functions.read_file`. The
 * agent tells it so, but the call stays in the conversation, and every provider refuses such a name in a history, for
 * good: it goes out in the letters that all of them take. The record keeps what the model wrote.
 *
 * Refusals this prevents:
 * - OpenAI: "Invalid 'messages[2].tool_calls[0].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
 * - Google: "Invalid function name. Must start with a letter or an underscore."
 * - Anthropic: "messages.1.content.0.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'"
 */
export function legalToolName(name: string): string {
  const legal = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  return (/^[^a-zA-Z_]/.test(legal) ? `_${legal}` : legal).slice(0, 64) || 'unnamed';
}
