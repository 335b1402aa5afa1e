import type { AssistantPart, Message } from '#protocol/message.ts';
import type { Tally } from './report.ts';

/** The last words of an answer that was stopped, as models read it. */
export const brokenOff = '[This answer broke off here.]';

/**
 * An answer that was stopped keeps its text, with a note, and nothing else: its reasoning may lack a signature and its
 * calls were never complete. Providers refuse both.
 */
export function projectPartial(message: Message, parts: AssistantPart[], tally: Tally): AssistantPart[] {
  if (message.status !== 'partial') return parts;
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const text = texts.join('').trimEnd();
  if (!text) return [];
  tally.converted('stopped answer', 'its text is kept with a note that it broke off');
  return [{ type: 'text', text: `${text}\n\n${brokenOff}` }];
}
