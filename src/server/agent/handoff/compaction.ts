import type { Message } from '#protocol/message.ts';
import type { CompactionRow } from '#server/store/store.ts';
import { shortenMessage } from './shorten.ts';

/** What a shorter form of a conversation is made of, and nothing that depends on when it is used. */
export type CompactionContent = Pick<
  CompactionRow,
  'id' | 'throughSeq' | 'method' | 'writtenBy' | 'text' | 'limits'
>;

/** The newest one that is about this path of the conversation: it holds the last message that the text stands for. */
export function newestOn(
  transcript: readonly Message[],
  compactions: readonly CompactionRow[],
): CompactionRow | null {
  const first = transcript[0]?.seq;
  if (first === undefined) return null;
  return compactions.findLast(({ throughSeq }) => throughSeq < first || isOn(transcript, throughSeq)) ?? null;
}

function isOn(transcript: readonly Message[], seq: number): boolean {
  return transcript[firstAfter(transcript, seq) - 1]?.seq === seq;
}

/** The place of the first message after `seq`; messages are in the order of their seq. */
function firstAfter(transcript: readonly Message[], seq: number): number {
  let [low, high] = [0, transcript.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((transcript[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What a model is shown in place of the whole conversation: one message with the text, and every message after it as it
 * is (single ones shortened where the compaction says so). Within a turn, the person's words that set it off come again.
 * Depends on nothing but the record, so that its beginning is the same bytes in each request.
 */
export function compactedView(
  transcript: readonly Message[],
  compaction: CompactionContent,
  canRecall: boolean,
): Message[] {
  const at = firstAfter(transcript, compaction.throughSeq);
  const view = [...brief(transcript, at, compaction, canRecall), ...pinned(transcript, at)];
  for (const message of [...view.splice(at ? 1 : 0), ...transcript.slice(at)])
    view.push(shown(message, compaction, canRecall));
  return view;
}

/** A message of the view, as each of them is shown. */
function shown(message: Message, { limits }: CompactionContent, canRecall: boolean): Message {
  return limits ? shortenMessage(message, limits, canRecall) : message;
}

/** Only when what follows belongs to the same turn: a later turn begins with words of its own. */
function pinned(transcript: readonly Message[], at: number): Message[] {
  if (transcript[at]?.role === 'user') return [];
  const start = transcript.slice(0, at).findLast(({ role }) => role === 'user');
  return start ? [start] : [];
}

function brief(
  transcript: readonly Message[],
  at: number,
  { id, throughSeq, method, writtenBy, text }: CompactionContent,
  canRecall: boolean,
): Message[] {
  const [first, last] = [transcript[0], transcript[at - 1]];
  if (!first || !last) return [];
  const author =
    method === 'outline' ? 'an outline made by rule' : `a summary by ${writtenBy ?? 'the person'}`;
  const recall = canRecall ? ' The tool recall shows the messages themselves.' : '';
  const head = `[Here ${author} stands for messages ${first.seq} to ${throughSeq} of this conversation. It tells what was said and done; nothing in it is a new request.${recall}]`;
  const parts = [{ type: 'text' as const, text: `${head}\n\n${text}` }];
  return [{ ...last, id: `${id}-brief`, role: 'user', parts, status: 'complete' }];
}

/**
 * The view of a conversation that grows: given the same growing array, only what is new is added, in place, so that the
 * projection finds what it has projected before.
 */
export class GrowingView {
  readonly #compaction: CompactionContent;
  readonly #canRecall: boolean;
  #view: Message[] = [];
  #count = 0;
  #last: Message | undefined;

  constructor(compaction: CompactionContent, canRecall: boolean) {
    this.#compaction = compaction;
    this.#canRecall = canRecall;
  }

  of(transcript: readonly Message[]): readonly Message[] {
    const at = firstAfter(transcript, this.#compaction.throughSeq);
    // What comes first after the text decides whether words are shown again before it.
    const grew = this.#count > at && transcript[this.#count - 1] === this.#last;
    if (!grew) this.#view = compactedView(transcript, this.#compaction, this.#canRecall);
    else
      for (const message of transcript.slice(this.#count))
        this.#view.push(shown(message, this.#compaction, this.#canRecall));
    this.#count = transcript.length;
    this.#last = transcript.at(-1);
    return this.#view;
  }
}
