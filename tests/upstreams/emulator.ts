import { randomInt } from 'node:crypto';
import type { Windows } from './windows.ts';
import type { Wire } from '#protocol/message.ts';
import type { Frame } from './delivery.ts';
import type { ModelTraits } from './models.ts';
import type { Json, Refusal } from './refusal.ts';
import type { Answer, Asked, ProviderName, Via } from './script.ts';

/** One provider: what it takes, how it refuses, how it answers. */
export interface Emulator {
  name: ProviderName;
  /** By path. */
  endpoints: Record<string, Endpoint>;
  /** Other documents, by path, for GET. */
  documents?(models: readonly string[], windows: Windows): Record<string, unknown>;
  /** The key that the headers bring, in the provider's own way; null when there is none. */
  keyOf(headers: Headers): string | null;
  /** @throws Refusal for headers that the provider wants or does not take */
  checkHeaders?(headers: Headers): void;
  errorBody(refusal: Refusal): unknown;
  /** What a wrong or missing key is answered by. */
  badKey(given: string | null): Refusal;
  unknownModel(model: string): Refusal;
}

export type Headers = Record<string, string>;

export interface Endpoint {
  wire: Wire;
  /** @throws Refusal */
  check(body: Json, context: CheckContext): void;
  view(body: Json): View;
  frames(reply: Reply): Frame[];
  whole(reply: Reply): unknown;
  errorFrame(status: number, message: string): string;
  textFrame(text: string): string;
}

export type View = Omit<Asked, 'provider' | 'wire' | 'via' | 'model' | 'number' | 'stream' | 'body'>;

export interface CheckContext {
  provider: ProviderName;
  model: string;
  traits: ModelTraits;
  issued: Issued;
  via: Via;
  /** The one that the request brought; '' or absent where none is wanted. */
  key?: string;
}

/** One answer, ready to be written in the bytes of a wire. */
export interface Reply {
  asked: Asked;
  answer: Answer;
  traits: ModelTraits;
  bodyText: string;
  issued: Issued;
  key: string;
}

/** What this set of emulators gave out; some rules are about a provider's own items only. */
export class Issued {
  /** Tool-call id → the models that made it. */
  readonly #calls = new Map<string, Set<string>>();
  /** Responses: an item's id → the id of the reasoning that it must come with. */
  readonly reasoningOf = new Map<string, string>();
  /** Responses: a stored item's id → the key that it was stored for. */
  readonly storedFor = new Map<string, string>();
  /** Conversations outlive a set of emulators, and their ids must not come again. */
  #count = randomInt(2 ** 40);

  number(): number {
    return ++this.#count;
  }

  call(id: string, model: string): void {
    this.#calls.set(id, (this.#calls.get(id) ?? new Set()).add(model));
  }

  isCallOf(id: string, model: string): boolean {
    return this.#calls.get(id)?.has(model) ?? false;
  }
}
