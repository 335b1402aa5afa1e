import type { Message, Part, ToolResultPart } from '#protocol/message.ts';
import { firstWords } from './shorten.ts';
import { charactersFor } from './tokens/message-tokens.ts';

/** Characters of one line of an outline. */
const lineLengths = { person: 400, model: 240, call: 110, result: 110 };
/** The beginning of the first line, which says what the conversation is about. */
const taskLength = 1_200;
const shortest = 40;

/**
 * What was said and done, by rule and without a model: the first words of each message, each call with its outcome; the
 * task and the newest of it first of all, as far as there is room.
 * @param limit characters
 * @param before what an older summary said of the messages that came before these
 */
export function outline(messages: readonly Message[], limit: number, before = ''): string {
  const lines = messages.flatMap(linesOf);
  const [task = ''] = before ? [cutTo(before, Math.floor(limit / 2))] : lines.splice(0, 1);
  const head = before ? task : cutTo(task, Math.min(taskLength, Math.floor(limit / 2)));
  const note = (left: number) => `[${left} more lines are left out here]`;
  let room = limit - head.length - note(lines.length).length - 2;
  let from = lines.length;
  while (from > 0 && room >= (lines[from - 1]?.length ?? 0) + 1) {
    from -= 1;
    room -= (lines[from]?.length ?? 0) + 1;
  }
  const left = from ? [note(from)] : [];
  return cutTo([head, ...left, ...lines.slice(from)].filter(Boolean).join('\n'), limit);
}

/** An outline that has at most so many tokens by the target's own count. */
export function outlineWithin(
  messages: readonly Message[],
  tokens: number,
  size: (text: string) => number,
  before = '',
): string {
  let limit = charactersFor(tokens);
  let text = outline(messages, limit, before);
  while (limit > shortest && size(text) > tokens) {
    limit = Math.floor(limit * 0.85);
    text = outline(messages, limit, before);
  }
  return text;
}

function linesOf(message: Message): string[] {
  const at = `#${message.seq}`;
  if (message.role === 'tool') return (message.parts as ToolResultPart[]).map((part) => resultLine(at, part));
  const isPerson = message.role === 'user';
  const words = firstWords(
    message.parts.map((part) => wordsOf(part)).join(' '),
    isPerson ? (message.seq <= 1 ? taskLength : lineLengths.person) : lineLengths.model,
  );
  const said = words ? [`${at} ${isPerson ? 'person' : (message.model ?? 'model')}: ${words}`] : [];
  const calls = message.parts.flatMap((part) =>
    part.type === 'tool-call' ? [`${at} call ${part.name} ${firstWords(part.args, lineLengths.call)}`] : [],
  );
  return [...said, ...calls];
}

function resultLine(at: string, { name, status, text }: ToolResultPart): string {
  return `${at} ${name} ${status}: ${firstWords(text, lineLengths.result)}`;
}

/** Of reasoning nothing: it is another model's own. */
function wordsOf(part: Part): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'image') return '[an image]';
  return part.type === 'file' ? `[the file ${part.name}]` : '';
}

function cutTo(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, Math.max(0, limit - 1))}…`.toWellFormed() : text;
}
