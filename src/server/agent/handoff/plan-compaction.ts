import type { Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { compactedView, type CompactionContent } from './compaction.ts';
import { cutPoints } from './cut-points.ts';
import { isAuthor } from './issuer.ts';
import { shortenMessage, type Limits } from './shorten.ts';
import { charactersFor, estimatedSize, messageTokens, tokensPerImage } from './tokens/message-tokens.ts';

export interface PlanWishes {
  target: Target;
  /** Whether the target is offered the tool that shows what is left out. */
  canRecall: boolean;
  /** Tokens of the request to the target whose messages are these. */
  count: (view: readonly Message[]) => number;
  /** Tokens that the request may have. */
  room: number;
  /** Tokens that it should have, so that the conversation can go on for a while. */
  goal: number;
  /** Of them, for the text that stands for what is left out. */
  textTokens: number;
}

export interface CompactionPlan {
  throughSeq: number;
  limits: Limits | null;
  /** What the text has to stand for. */
  covered: Message[];
  /** Tokens that the text may have: fewer than wished where what stays is large. */
  textTokens: number;
}

const untouched: Limits = { results: null, words: null };
/** Fractions of the room that a single text may have, tried from the largest. */
const shares = [1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64];
const fewestCharacters = 160;
/** A whole turn is kept although it leaves less room than wished, up to this part of it. */
const wholeTurn = 0.65;
/** A corrected guess of where to cut is right the second time, nearly always. */
const maxGuesses = 5;

/**
 * Where to cut so that the rest fits: as early as possible, between two turns rather than within the last one, and with
 * every message that stays as it is; only where a single text is larger than the room is it shortened. null when nothing
 * would be enough.
 */
export function planCompaction(transcript: readonly Message[], wishes: PlanWishes): CompactionPlan | null {
  const { room, goal } = wishes;
  const { turns, steps, end } = cutPoints(transcript);
  const search = new Search(transcript, wishes);
  const plan =
    search.first(turns, goal, untouched) ??
    search.first(turns, room * wholeTurn, untouched) ??
    search.first(steps, goal, untouched) ??
    search.first([...turns, ...steps], room, untouched);
  if (plan) return plan;
  const brief = new Search(transcript, { ...wishes, textTokens: Math.ceil(wishes.textTokens / 4) });
  const tight = brief.first([...turns, ...steps], room, untouched);
  if (tight) return tight;
  const places = [0, ...turns, ...steps];
  const ladder = shares.map((share) => Math.max(fewestCharacters, charactersFor(room * share)));
  const wordsFit = brief.wordsAlone() <= room;
  for (const results of ladder) {
    const found = brief.first(places, room, { results, words: wordsFit ? null : results });
    if (found) return found;
  }
  const everywhere = end === null ? places : [...places, end];
  const least = ladder.at(-1) ?? fewestCharacters;
  return (
    brief.first(everywhere, room, { results: least, words: wordsFit ? null : least }) ??
    brief.first(everywhere, room, { results: fewestCharacters, words: fewestCharacters })
  );
}

class Search {
  readonly #transcript: readonly Message[];
  readonly #wishes: PlanWishes;

  constructor(transcript: readonly Message[], wishes: PlanWishes) {
    this.#transcript = transcript;
    this.#wishes = wishes;
  }

  /** The first of the places with which the request has at most so many tokens. */
  first(places: readonly number[], most: number, limits: Limits): CompactionPlan | null {
    const rest = this.#restTokens(limits);
    const fixed = this.#fixedTokens();
    let correction = 1;
    let at = -1;
    for (let guess = 0; guess < maxGuesses; guess++) {
      const next = places.find((place) => place > at && fixed + (rest[place] ?? 0) * correction <= most);
      const place = next ?? (guess === 0 ? undefined : places.findLast((each) => each > at));
      if (place === undefined) return null;
      const tokens = this.#tokensAt(place, limits);
      if (tokens <= most) return this.#plan(place, limits);
      const guessed = Math.max(1, rest[place] ?? 0);
      correction = Math.max(correction * 1.1, (tokens - fixed) / guessed);
      at = place;
    }
    return null;
  }

  /** The newest words of the person and nothing else. */
  wordsAlone(): number {
    const words = this.#transcript.findLast(({ role }) => role === 'user');
    return this.#wishes.count(words ? [words] : []) + this.#wishes.textTokens;
  }

  #fixedTokens(): number {
    return this.#wishes.count([]) + this.#wishes.textTokens;
  }

  #tokensAt(place: number, limits: Limits): number {
    const { count, canRecall, textTokens } = this.#wishes;
    const content = this.#content(place, limits);
    return count(compactedView(this.#transcript, content, canRecall)) + (place ? textTokens : 0);
  }

  #plan(place: number, limits: Limits): CompactionPlan {
    const { throughSeq } = this.#content(place, limits);
    const covered = this.#transcript.slice(0, place);
    const { textTokens } = this.#wishes;
    return { throughSeq, limits: limits === untouched ? null : limits, covered, textTokens };
  }

  #content(place: number, limits: Limits): CompactionContent {
    const throughSeq = this.#transcript[place - 1]?.seq ?? (this.#transcript[0]?.seq ?? 1) - 1;
    return { id: '', throughSeq, method: 'outline', writtenBy: null, text: '', limits };
  }

  /** About how many tokens there are from each place on; exact enough to look in the right one first. */
  #restTokens(limits: Limits): number[] {
    const { target, canRecall } = this.#wishes;
    const rest = new Array<number>(this.#transcript.length + 1).fill(0);
    for (let at = this.#transcript.length - 1; at >= 0; at--) {
      const message = this.#transcript[at] as Message;
      rest[at] = (rest[at + 1] ?? 0) + storedTokens(shortenMessage(message, limits, canRecall), target);
    }
    return rest;
  }
}

function storedTokens(message: Message, target: Target): number {
  if (message.role === 'tool')
    return messageTokens({ role: 'tool', results: message.parts as never }, estimatedSize);
  const own = isAuthor(message, target);
  const parts = message.parts.filter((part) => part.type !== 'reasoning' || own);
  const unseen = target.capabilities.images ? 0 : parts.filter(({ type }) => type === 'image').length;
  return (
    messageTokens({ role: message.role as 'user', parts: parts as never }, estimatedSize) -
    unseen * (tokensPerImage - 25)
  );
}
