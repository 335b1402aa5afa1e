import type { Message, Part } from '#protocol/message.ts';
import { cutMiddle } from './shorten.ts';

/** Characters of one result, and of one call's arguments, that a summary's writer reads. */
const maxResult = 4_000;
const maxArguments = 2_000;
/** Of what was said. */
const maxWords = 40_000;

/** A message as plain text, for a model that writes about the conversation: nothing in it is any provider's own. */
export function messageAsText(message: Message): string {
  const who = message.role === 'assistant' ? `assistant ${message.model ?? ''}`.trim() : message.role;
  const head = `[message ${message.seq}, ${who === 'user' ? 'person' : who}]`;
  return [head, ...message.parts.map(partAsText)].filter(Boolean).join('\n');
}

function partAsText(part: Part): string {
  switch (part.type) {
    case 'text':
      return cutMiddle(part.text, maxWords).trim();
    case 'tool-call':
      return `(calls ${part.name} with ${cutMiddle(part.args, maxArguments)})`;
    case 'tool-result':
      return `(result of ${part.name}, ${part.status})\n${cutMiddle(part.text, maxResult)}`;
    case 'image':
      return '(an image)';
    case 'file':
      return `(the file ${part.name}, ${part.mediaType})`;
    case 'reasoning':
      return '';
  }
}

/**
 * Texts of messages in as few pieces as possible, none larger than `limit`; a text that is larger alone is cut in its
 * middle.
 * @param size of a text, in the unit of `limit`
 */
export function inPieces(texts: readonly string[], limit: number, size: (text: string) => number): string[] {
  const pieces: string[] = [];
  let piece: string[] = [];
  let used = 0;
  for (const text of texts) {
    const [fitting, needed] = fit(text, limit, size);
    if (used + needed > limit && piece.length) {
      pieces.push(piece.join('\n\n'));
      piece = [];
      used = 0;
    }
    piece.push(fitting);
    used += needed;
  }
  return piece.length ? [...pieces, piece.join('\n\n')] : pieces;
}

/** With what it needs; one more for what separates it. */
function fit(text: string, limit: number, size: (text: string) => number): [text: string, size: number] {
  let fitting = text;
  let needed = size(text) + 1;
  while (needed > limit && fitting.length > 1) {
    const length = Math.floor(fitting.length * Math.min(0.9, limit / needed));
    fitting = cutMiddle(text, length);
    needed = size(fitting) + 1;
    if (fitting.length > length) break;
  }
  return [fitting, needed];
}
