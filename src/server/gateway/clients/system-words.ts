import type { TextPart } from '#protocol/message.ts';

/** In the middle of a conversation only some wires have words of the system: they are marked as such. */
export function systemWords(text: string): TextPart {
  return { type: 'text', text: `<system>\n${text}\n</system>` };
}
