import type { ModelRequest, PromptMessage } from '../types.ts';

const charactersPerToken = 4;
/** What providers bill for a picture of ordinary size; its base64 text says nothing about it. */
export const tokensPerPicture = 1_200;

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** Tokens of a request, for attempts whose provider reported none. Linear, without building a string. */
export function estimateInputTokens({ system, tools, messages }: ModelRequest): number {
  const totals = { characters: system.length, images: 0 };
  if (tools.length) totals.characters += JSON.stringify(tools).length;
  for (const message of messages) countMessage(message, totals);
  return estimateTokens(totals.characters) + totals.images * tokensPerPicture;
}

function countMessage(message: PromptMessage, totals: { characters: number; images: number }): void {
  for (const part of message.role === 'tool' ? message.results : message.parts) {
    if (part.type === 'image') totals.images += 1;
    else if (part.type === 'file') totals.characters += part.name.length;
    else if (part.type === 'tool-call') totals.characters += part.name.length + part.args.length;
    else totals.characters += part.text.length;
    if (part.type === 'tool-result') totals.images += part.images?.length ?? 0;
  }
}
