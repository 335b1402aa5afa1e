import type { TextPart, ToolCallPart, ToolResultPart, UserPart } from '#protocol/message.ts';

/**
 * A model without tools reads what other models called, and what came of it, as words: its template has neither calls nor
 * results, and nothing that was found out is lost to it.
 *
 * Refusals this prevents:
 * - Anthropic: "Requests which include `tool_use` or `tool_result` blocks must define tools"
 * - OpenRouter: "No endpoints found that support tool use"
 * - vLLM, llama.cpp: "Conversation roles must alternate user/assistant/user/assistant/..."
 */
export function callAsText({ name, args }: ToolCallPart): TextPart {
  return { type: 'text', text: `\n[The tool ${name} was called with ${args}]` };
}

/** One message of the person's side for all results of a turn; images, where the model sees them, after their text. */
export function resultsAsText(results: readonly ToolResultPart[]): UserPart[] {
  return results.flatMap(({ name, status, text, images = [] }): UserPart[] => [
    { type: 'text', text: `[Result of ${name}${status === 'ok' ? '' : ` (${status})`}]\n${text}` },
    ...images,
  ]);
}
