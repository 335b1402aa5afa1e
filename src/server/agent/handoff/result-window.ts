import type { ToolCallPart, ToolResultPart } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { ReadFiles } from './read-files.ts';
import { cutMiddle } from './shorten.ts';
import { estimatedSize } from './tokens/message-tokens.ts';

/** Results of one answer's calls, as the target may see them, in the order of the calls. */
export interface ResultGroup {
  /** Its place among the messages of the projection. */
  at: number;
  answers: Answered[];
}

export interface Answered {
  call: ToolCallPart;
  result: ToolResultPart;
  /** Of the message with the result; null: none came. */
  seq: number | null;
  /** What the project says of the folders that it is about: shown after it, however old it is. */
  rules: string;
}

/** What is shown at a place of the projection from now on. */
export interface ShownResults {
  at: number;
  results: ToolResultPart[];
}

interface WindowGroup extends ResultGroup {
  /** Of what is shown of it. */
  tokens: number;
}

/** Of the target's window: what results may take before old ones are shortened. */
const mostShare = 0.4;
/** Of that: what stays whole then. */
const keptShare = 0.4;
/** Tokens; no conversation with less output than this is touched, however small the window. */
const fewest = 12_000;
/** The newest answers' results stay whole, whatever their size: the model works with them. */
const keptGroups = 3;
/** Characters that stay of an old result. */
const shortCharacters = 600;
/** Instructions that the model asked for are followed until the end. */
const neverShortened = new Set(['load_skill']);

/**
 * Which results of tools a model is shown in full. Two rules, both of the projection only; the record keeps every byte:
 * a file that was read again unchanged is shown once, and when the results since the last time take too much of the
 * window, all but the newest are shortened to their beginning and end.
 *
 * A provider's prompt cache holds the beginning of a request up to the first changed byte. So nothing before the mark is
 * changed again, the mark moves rarely, and each time by at least a quarter of what it waited for. It depends on nothing
 * but the conversation and the size of the target's window: the same after a restart, and all bytes are back with a model
 * that has more room.
 */
export class ResultWindow {
  readonly #most: number;
  readonly #kept: number;
  readonly #canRecall: boolean;
  /** After the mark, oldest first. */
  #groups: WindowGroup[] = [];
  #tokens = 0;
  #files = new ReadFiles();
  #pointers = 0;
  /** Results before the mark that were shortened. */
  #shortened = 0;

  constructor({ contextWindow, capabilities }: Pick<Target, 'contextWindow' | 'capabilities'>) {
    this.#most = contextWindow === null ? Infinity : Math.max(fewest, contextWindow * mostShare);
    this.#kept = this.#most * keptShare;
    this.#canRecall = capabilities.tools;
  }

  get shortened(): number {
    return this.#shortened;
  }

  /** Results that are shown as a pointer to an equal one. */
  get pointers(): number {
    return this.#pointers;
  }

  /** Takes the next group. What changes in the projection: the group itself, and what became old by it. */
  add(group: ResultGroup): ShownResults[] {
    const shown = this.#take(group);
    const old = this.#tokens > this.#most ? this.#oldGroups() : 0;
    return old ? this.#moveMark(old) : [shown];
  }

  #take({ at, answers }: ResultGroup): ShownResults {
    const results = answers.map((answer) => {
      const text = this.#files.pointerFor(answer.call, answer.result);
      if (text === null) return inFull(answer);
      this.#pointers += 1;
      return { ...answer.result, text: text + answer.rules };
    });
    const tokens = sizeOf(results);
    this.#groups.push({ at, answers, tokens });
    this.#tokens += tokens;
    return { at, results };
  }

  /** How many of the groups are to be shortened now; 0 while too little would be won. */
  #oldGroups(): number {
    let [newest, kept] = [this.#groups.length, 0];
    for (; newest > 0; newest -= 1) {
      kept += this.#groups[newest - 1]?.tokens ?? 0;
      if (kept > this.#kept && this.#groups.length - newest >= keptGroups) break;
    }
    const old = this.#groups.slice(0, newest);
    const won = old.reduce((sum, group) => sum + group.tokens - sizeOf(this.#cut(group)), 0);
    return won >= (this.#most - this.#kept) / 2 ? newest : 0;
  }

  #moveMark(count: number): ShownResults[] {
    const old = this.#groups.slice(0, count);
    const rest = this.#groups.slice(count);
    this.#groups = [];
    this.#tokens = 0;
    this.#pointers = 0;
    // What an old result said is not in full view any more: the next reading of that file is.
    this.#files = new ReadFiles();
    const cut = old.map((group) => ({ at: group.at, results: this.#cut(group) }));
    this.#shortened += old.flatMap(({ answers }) => answers).filter(({ result }) => isLong(result)).length;
    return [...cut, ...rest.map((group) => this.#take(group))];
  }

  #cut({ answers }: ResultGroup): ToolResultPart[] {
    return answers.map((answer) => {
      const { result, seq, rules } = answer;
      if (!isLong(result)) return inFull(answer);
      const recall = this.#canRecall && seq !== null ? `; recall {"from":${seq},"offset":0} shows it` : '';
      const rest = `, because it is old${recall}`;
      return { ...result, text: cutMiddle(result.text, shortCharacters, rest) + rules };
    });
  }
}

/** With what belongs to it; the same object where nothing does. */
export function inFull({ result, rules }: Answered): ToolResultPart {
  return rules === '' ? result : { ...result, text: result.text + rules };
}

function isLong({ name, text }: ToolResultPart): boolean {
  return text.length > shortCharacters && !neverShortened.has(name);
}

/** Tokens, estimated alike for every model: the mark must not move because a count was corrected. */
function sizeOf(results: readonly ToolResultPart[]): number {
  return results.reduce((sum, { text }) => sum + estimatedSize(text), 0);
}
