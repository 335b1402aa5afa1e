import * as v from 'valibot';
import type { Message, Part } from '#protocol/message.ts';
import { cutMiddle, firstWords } from '../handoff/shorten.ts';
import { lineNumber, objectSchema, parseWith } from './schema.ts';
import type { HostTool, ToolOutcome } from './tool.ts';

const usualMessages = 8;
const maxMessages = 40;
/** Characters of one answer: a model that needs this has little room. */
const maxCharacters = 6_000;
/** Of one message around the words that were searched. */
const excerptCharacters = 900;

const place = v.optional(v.pipe(lineNumber, v.maxValue(Number.MAX_SAFE_INTEGER)));
const schema = v.object({
  query: v.optional(v.pipe(v.string('must be text.'), v.maxLength(1_000, 'is longer than 1000 characters.'))),
  from: place,
  to: place,
  offset: v.optional(
    v.pipe(
      v.number('must be a number.'),
      v.integer('must be a whole number.'),
      v.minValue(0, 'must be at least 0.'),
    ),
  ),
  limit: v.optional(v.pipe(lineNumber, v.maxValue(maxMessages, `must be at most ${maxMessages}.`))),
});
type Args = v.InferOutput<typeof schema>;

/** Reads what a shorter form of the conversation left out: the record has all of it. */
export const recall: HostTool<Args> = {
  name: 'recall',
  kind: 'read',
  onHost: true,
  // Who has all of the conversation needs no look at the record.
  offered: ({ isCompacted }) => isCompacted,
  description:
    'Looks up earlier messages of this conversation word for word: what the person said, what was called, what came of it. Name words to search for, a range of message numbers, or both. Use it before you assume what an earlier message said.',
  parameters: objectSchema(
    {
      query: { type: 'string', description: 'Words to search for; a message must hold all of them.' },
      from: { type: 'integer', description: 'Number of the first message.' },
      to: { type: 'integer', description: 'Number of the last message.' },
      offset: {
        type: 'integer',
        description: 'Of one long message, named by from: the first character that is shown.',
      },
      limit: {
        type: 'integer',
        description: `At most so many messages; ${usualMessages} when left out, ${maxMessages} at most.`,
      },
    },
    [],
  ),
  parse: parseWith(schema),
  async run(args, { record }) {
    const { query = '', from = 1, offset } = args;
    const { to = offset === undefined ? Infinity : from, limit = usualMessages } = args;
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = (await record())
      .filter(({ seq }) => seq >= from && seq <= to)
      .map((message) => ({ message, text: textOf(message) }))
      .filter(({ text }) => text !== '' && holdsAll(text.toLowerCase(), words));
    // What was searched is likelier to be recent; a range is read from its beginning.
    const shown = words.length ? texts.slice(-limit) : texts.slice(0, limit);
    const title = words.length ? `Recalled ${firstWords(query, 60)}` : `Recalled from message ${from}`;
    if (!shown.length)
      return { status: 'ok', text: 'No message of this conversation matches.', summary: `${title}: none` };
    const [first] = shown;
    if (offset !== undefined && first) return page(first, offset, title);
    const each = Math.floor(maxCharacters / shown.length);
    const found = shown.map(({ message, text }) => entry(message, text, words, each));
    const rest = texts.length - shown.length;
    const more = rest
      ? `\n\n[${rest} more match: ask for a range${words.length ? ' or other words' : ` from ${(shown.at(-1)?.message.seq ?? 0) + 1}`}]`
      : '';
    return {
      status: 'ok',
      text: found.join('\n\n') + more,
      summary: `${title}: ${shown.length} ${shown.length === 1 ? 'message' : 'messages'}`,
    };
  },
};

/** One message from a character on, however long it is. */
function page(
  { message, text }: { message: Message; text: string },
  offset: number,
  title: string,
): ToolOutcome {
  const end = Math.min(text.length, offset + maxCharacters);
  const next = JSON.stringify({ from: message.seq, offset: end });
  const rest =
    end < text.length
      ? `\n[characters ${offset} to ${end} of ${text.length}; read on with recall ${next}]`
      : '';
  const shown = `${headOf(message)}\n${text.slice(offset, end).toWellFormed()}${rest}`;
  return { status: 'ok', text: shown, summary: `${title}, from character ${offset}` };
}

function headOf({ seq, role, model }: Message): string {
  const who = role === 'assistant' ? (model ?? 'assistant') : role;
  return `#${seq} ${who === 'user' ? 'person' : who}:`;
}

function holdsAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

function entry(message: Message, text: string, words: readonly string[], limit: number): string {
  return `${headOf(message)}\n${words.length ? excerpt(text, words, Math.min(limit, excerptCharacters)) : cutMiddle(text, limit)}`;
}

/** The part of a text around the rarest of the words: a common one stands everywhere. */
function excerpt(text: string, words: readonly string[], limit: number): string {
  if (text.length <= limit) return text;
  const lower = text.toLowerCase();
  const byRarity = words.map((word) => ({ at: lower.indexOf(word), count: lower.split(word).length }));
  const at = byRarity.toSorted((one, other) => one.count - other.count)[0]?.at ?? 0;
  const start = Math.max(0, Math.min(at - Math.floor(limit / 4), text.length - limit));
  const [before, after] = [start > 0 ? '[…] ' : '', start + limit < text.length ? ' […]' : ''];
  return (before + text.slice(start, start + limit) + after).toWellFormed();
}

/** Reasoning is its author's own, and is not shown; nor is what was recalled before, which would find itself. */
function textOf({ parts }: Message): string {
  return parts.map(partText).filter(Boolean).join('\n');
}

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'tool-call':
      if (part.name === recall.name) return '';
      return `call ${part.name} ${part.args}`;
    case 'tool-result':
      if (part.name === recall.name) return '';
      return `${part.name} ${part.status}: ${part.text}`;
    case 'image':
      return '[an image]';
    case 'file':
      return `[the file ${part.name}]`;
    case 'reasoning':
      return '';
  }
}
