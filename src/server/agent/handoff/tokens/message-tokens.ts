import type { AssistantPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { PromptMessage } from '#server/gateway/types.ts';

/** Tokens of one text; need not be whole. */
export type TextSize = (text: string) => number;

/** Measured over English prose and source code with the tokenizers of OpenAI and Anthropic: 3.3 to 4.2. */
const bytesPerToken = 3.6;
/** What providers bill for one picture of ordinary size; the exact figure depends on its pixels. */
export const tokensPerImage = 1_200;

/** What a wire writes around a message, a call and a result: names of fields, ids, marks of the roles. */
const around = { message: 4, call: 8, result: 11 };

/** Bytes, not characters: a Chinese sign has three of them, and is about one token. */
export function estimatedSize(text: string): number {
  return Buffer.byteLength(text) / bytesPerToken;
}

/** Characters of text that have about so many tokens, before any correction. */
export function charactersFor(tokens: number): number {
  return Math.max(0, Math.floor(tokens * bytesPerToken));
}

/** Tokens of one message of a request; linear in its parts, without building a string. */
export function messageTokens(message: PromptMessage, size: TextSize): number {
  let tokens = around.message;
  for (const part of message.role === 'tool' ? message.results : message.parts)
    tokens += partTokens(part, size);
  return tokens;
}

function partTokens(part: AssistantPart | UserPart | ToolResultPart, size: TextSize): number {
  switch (part.type) {
    case 'image':
      return tokensPerImage;
    case 'file':
      return size(part.data);
    case 'tool-call':
      return around.call + size(part.name) + size(part.args) + estimatedSize(part.toolCallId);
    case 'tool-result': {
      const images = (part.images?.length ?? 0) * tokensPerImage;
      return around.result + size(part.text) + estimatedSize(part.toolCallId) + images;
    }
    case 'reasoning':
      // What is hidden is sent as an opaque text, and billed by what is in it.
      return part.text === '' && part.capsule ? estimatedSize(part.capsule.data) : size(part.text);
    case 'text':
      return size(part.text);
  }
}
