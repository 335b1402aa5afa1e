import type { PromptMessage, Target, ToolDefinition } from '#server/gateway/types.ts';
import type { SettingsStore } from '#server/store/store.ts';
import { Calibration } from './calibration.ts';
import { estimatedSize, messageTokens } from './message-tokens.ts';
import { O200k } from './o200k.ts';

export interface Count {
  tokens: number;
  /** By rule of thumb, corrected by what the provider reported; else by the model's own tokenizer. */
  estimated: boolean;
  tokenizer: Tokenizer;
}

type Tokenizer = 'o200k_base' | 'estimate';

/** What goes along with the messages of every request of a thread. */
export interface FixedParts {
  system: string;
  tools: ToolDefinition[];
}

/**
 * Milliseconds that one count may take of the process with a real tokenizer. What is left then is extrapolated, and counted
 * between other work, so that the next count is exact.
 */
const patienceMs = 20;
const sliceMs = 5;
/** Messages between two looks at the clock. */
const stride = 4;

/**
 * Counts the tokens of requests. A message is counted once and remembered by its identity, so that a step counts only what
 * is new. OpenAI's models are counted with their tokenizer once it is loaded, everything else is estimated from its bytes.
 */
export class TokenCounter {
  readonly #calibration: Calibration;
  readonly #o200k = new O200k();
  readonly #known: Record<Tokenizer, WeakMap<object, number>> = {
    o200k_base: new WeakMap(),
    estimate: new WeakMap(),
  };

  /** Messages of the newest count that had no time for them. */
  #waiting: PromptMessage[] = [];

  constructor(settings: SettingsStore) {
    this.#calibration = new Calibration(settings);
  }

  /** What was learned before a restart; once, before the first count. */
  load(): Promise<void> {
    return this.#calibration.load();
  }

  /** Begins to load what counts this target exactly, where there is such a thing. Waiting for it is optional. */
  prepare(target: Target): Promise<void> {
    return usesO200k(target) ? this.#o200k.load() : Promise.resolve();
  }

  /** Of the messages and what goes along with them, as the target's provider would report it. */
  count(messages: readonly PromptMessage[], target: Target, fixed: FixedParts): Count {
    const exact = usesO200k(target) && this.#o200k.isLoaded ? this.#countExactly(messages, fixed) : null;
    if (exact) return this.#corrected(target, 'o200k_base', exact.tokens, exact.extrapolated);
    return this.#corrected(target, 'estimate', this.#estimate(messages, fixed), true);
  }

  /** One text for this target, corrected likewise. */
  textTokens(text: string, target: Target): number {
    const exact = usesO200k(target) && this.#o200k.isLoaded;
    const tokens = exact ? this.#o200k.size(text) : estimatedSize(text);
    return Math.ceil(tokens * this.#ratio(target, exact ? 'o200k_base' : 'estimate'));
  }

  /** What a provider reported for a request that it answered. */
  async learn(
    messages: readonly PromptMessage[],
    target: Target,
    fixed: FixedParts,
    reported: number,
  ): Promise<void> {
    const model = nameOf(target);
    await this.#calibration.learn(model, 'estimate', this.#estimate(messages, fixed), reported);
    if (!usesO200k(target) || !this.#o200k.isLoaded) return;
    const { tokens, extrapolated } = this.#countExactly(messages, fixed);
    if (!extrapolated) await this.#calibration.learn(model, 'o200k_base', tokens, reported);
  }

  #corrected(target: Target, tokenizer: Tokenizer, tokens: number, estimated: boolean): Count {
    return { tokens: Math.ceil(tokens * this.#ratio(target, tokenizer)), estimated, tokenizer };
  }

  #ratio(target: Target, tokenizer: Tokenizer): number {
    return this.#calibration.ratio(nameOf(target), tokenizer);
  }

  #estimate(messages: readonly PromptMessage[], fixed: FixedParts): number {
    const known = this.#known.estimate;
    let tokens = fixedTokens(fixed, known, estimatedSize);
    for (const message of messages) {
      let count = known.get(message);
      if (count === undefined) known.set(message, (count = messageTokens(message, estimatedSize)));
      tokens += count;
    }
    return tokens;
  }

  /** Messages for which there was no time are taken for as many tokens as their estimate says, corrected by the others. */
  #countExactly(
    messages: readonly PromptMessage[],
    fixed: FixedParts,
  ): { tokens: number; extrapolated: boolean } {
    const known = this.#known.o200k_base;
    const size = (text: string) => this.#o200k.size(text);
    const deadline = performance.now() + patienceMs;
    let tokens = fixedTokens(fixed, known, size);
    let counted = 0;
    let fresh = 0;
    let late = false;
    const left: PromptMessage[] = [];
    for (const message of messages) {
      let count = known.get(message);
      if (count === undefined && !late) {
        known.set(message, (count = messageTokens(message, size)));
        if (++fresh % stride === 0) late = performance.now() > deadline;
      }
      if (count === undefined) left.push(message);
      else counted += count;
    }
    tokens += counted;
    if (!left.length) return { tokens, extrapolated: false };
    this.#countLater(left);
    const none = { system: '', tools: [] };
    const estimatedLeft = this.#estimate(left, none);
    const estimatedRest = this.#estimate(messages, none) - estimatedLeft;
    const ratio = estimatedRest > 0 ? counted / estimatedRest : 1;
    return { tokens: tokens + estimatedLeft * ratio, extrapolated: true };
  }

  #countLater(messages: PromptMessage[]): void {
    const isCounting = this.#waiting.length > 0;
    this.#waiting = messages;
    if (!isCounting) setImmediate(() => this.#countSlice());
  }

  #countSlice(): void {
    const until = performance.now() + sliceMs;
    while (performance.now() < until) {
      const message = this.#waiting.pop();
      if (!message) return;
      this.#known.o200k_base.set(
        message,
        messageTokens(message, (text) => this.#o200k.size(text)),
      );
    }
    if (this.#waiting.length) setImmediate(() => this.#countSlice());
  }
}

function nameOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}

/** GPT-4o and everything after it, and the open models of OpenAI wherever they run. */
function usesO200k({ provider, model }: Target): boolean {
  if (/(^|\/)gpt-oss/.test(model)) return true;
  const name = provider === 'openai' ? model : /^openai\/(.+)/.exec(model)?.[1];
  return name !== undefined && !/^(gpt-4(-|$)|gpt-3)/.test(name);
}

function fixedTokens(
  { system, tools }: FixedParts,
  known: WeakMap<object, number>,
  size: (text: string) => number,
): number {
  let definitions = tools.length ? known.get(tools) : 0;
  if (definitions === undefined) known.set(tools, (definitions = size(JSON.stringify(tools))));
  return size(system) + definitions;
}
