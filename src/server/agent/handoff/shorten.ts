import type { ImagePart, Message, TextPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import { fileText } from './files.ts';
import { rulesText } from './rules-text.ts';
import { charactersFor, tokensPerImage } from './tokens/message-tokens.ts';

/** Characters to which single texts are shortened in what a model is shown; null: to none. */
export interface Limits {
  /** Results of tools. */
  results: number | null;
  /** What the person wrote and attached. */
  words: number | null;
}

/** On a result that was shortened: no pointer may say that it stands there in full. Never stored, never sent. */
const cutMark = Symbol('cut');
/** Of a shortened text, how much of it is its beginning. */
const headShare = 0.6;
const charactersPerImage = charactersFor(tokensPerImage);

/**
 * A message with its long texts cut in the middle, for a model that it would not fit alone; the record keeps the whole.
 * The same message when nothing in it is longer.
 * @param canRecall whether the model is offered the tool that shows the rest
 */
export function shortenMessage(message: Message, limits: Limits, canRecall: boolean): Message {
  if (message.role === 'assistant') return message;
  const limit = message.role === 'tool' ? limits.results : limits.words;
  if (limit === null) return message;
  const rest = canRecall ? `; recall with from ${message.seq} shows it` : '';
  const parts = (message.parts as (UserPart | ToolResultPart)[]).map((part) => shorten(part, limit, rest));
  return parts.some((part, index) => part !== message.parts[index]) ? { ...message, parts } : message;
}

function shorten<Part extends UserPart | ToolResultPart>(part: Part, limit: number, rest: string) {
  switch (part.type) {
    case 'text':
      return part.text.length > limit ? { ...part, text: cutMiddle(part.text, limit, rest) } : part;
    case 'image':
      return charactersPerImage > limit ? leftOut([part]) : part;
    case 'file':
      return shortenFile(part, limit, rest);
    case 'tool-result':
      return shortenResult(part, limit, rest);
  }
}

function shortenFile(file: Extract<UserPart, { type: 'file' }>, limit: number, rest: string): UserPart {
  const text = fileText(file);
  if (text === null || text.length <= limit) return file;
  const shown = cutMiddle(text, limit, rest);
  return { type: 'text', text: `<file name=${JSON.stringify(file.name)}>\n${shown}\n</file>` };
}

function shortenResult(result: ToolResultPart, limit: number, rest: string): ToolResultPart {
  const { images = [], rules, ...words } = result;
  const noRoom = images.length > 0 && charactersPerImage * images.length > limit;
  const length = result.text.length + rulesText(rules).length;
  if (length <= limit && !noRoom) return result;
  const text = cutMiddle(result.text, limit, rest);
  const cut = { ...words, [cutMark]: true, text };
  if (noRoom) return { ...cut, text: [text, leftOut(images).text].filter(Boolean).join('\n') };
  return { ...cut, ...(images.length ? { images } : {}) };
}

/** Whether what is shown is not all that the call gave. */
export function isCut(result: ToolResultPart): boolean {
  return cutMark in result;
}

function leftOut(images: readonly ImagePart[]): TextPart {
  const what = images.length === 1 ? 'An image is' : `${images.length} images are`;
  return { type: 'text', text: `[${what} left out here to save room.]` };
}

/** The beginning and the end of a text, with a note of what is between them. */
export function cutMiddle(text: string, limit: number, rest = ''): string {
  if (text.length <= limit) return text;
  const note = `\n[… ${text.length} characters in all, the middle is left out here${rest} …]\n`;
  const room = Math.max(0, limit - note.length);
  const head = Math.ceil(room * headShare);
  const end = room - head;
  return `${text.slice(0, head)}${note}${end ? text.slice(-end) : ''}`.toWellFormed();
}

/** The beginning of a text in one line. */
export function firstWords(text: string, limit: number): string {
  const line = text
    .slice(0, limit * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > limit || text.length > limit * 4
    ? `${line.slice(0, Math.max(0, limit - 1))}…`.toWellFormed()
    : line.toWellFormed();
}
