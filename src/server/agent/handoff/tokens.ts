import type { PromptMessage } from '#server/gateway/types.ts';

/** Measured over English prose and source code with the tokenizers of OpenAI and Anthropic: 3.3 to 4.2. */
const charactersPerToken = 3.6;
/** What providers bill for one picture of ordinary size; the exact figure depends on its pixels. */
const tokensPerImage = 1_200;

/** An estimate, always marked as one where it is shown. Linear in the number of parts, without building a string. */
export function estimateTokens(messages: readonly PromptMessage[], otherCharacters = 0): number {
  let characters = otherCharacters;
  let images = 0;
  for (const message of messages) {
    characters += 12;
    for (const part of message.role === 'tool' ? message.results : message.parts) {
      if (part.type === 'image') images += 1;
      else if (part.type === 'tool-call') characters += part.name.length + part.args.length + 30;
      else if (part.type === 'file') characters += part.data.length;
      else characters += part.text.length + (part.type === 'tool-result' ? 40 : 0);
      if (part.type === 'tool-result') images += part.images?.length ?? 0;
    }
  }
  return Math.ceil(characters / charactersPerToken) + images * tokensPerImage;
}
