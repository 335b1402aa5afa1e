import type { AssistantPart, Message, ToolCallPart, ToolResultPart, UserPart } from '#protocol/message.ts';
import type { PromptMessage, Target } from '#server/gateway/types.ts';
import { Continuation } from './continuation.ts';
import { projectFiles } from './files.ts';
import type { HiddenImages } from './image-limits.ts';
import { projectImages, projectResultImages } from './images.ts';
import { projectPartial } from './partial.ts';
import { projectReasoning } from './reasoning.ts';
import { Tally } from './report.ts';
import { rulesText } from './rules-text.ts';
import { inFull, ResultWindow, type Answered, type ShownResults } from './result-window.ts';
import { ThinkingLoop } from './thinking-loop.ts';
import { ToolCallIds } from './tool-call-ids.ts';
import { legalToolName } from './tool-names.ts';
import { answerCalls } from './tool-results.ts';
import type { Projection } from './types.ts';
import { wellFormed } from './well-formed.ts';
import { callAsText, resultsAsText } from './without-tools.ts';

/** An assistant message whose results may still be arriving. */
interface OpenGroup {
  calls: { stored: ToolCallPart; sentId: string }[];
  results: ToolResultPart[];
  /** Numbers of the messages that they came with. */
  seqs: Map<ToolResultPart, number>;
}

/**
 * Projects a transcript for one target, message by message. What was projected once is never touched again but for
 * old results of tools, all at once and seldom (`result-window.ts`); so a step costs the same at turn 800 as at turn 5, and
 * the wires can cache the text of each message by its identity.
 */
export class Projector {
  readonly #target: Target;
  readonly #refusedThroughSeq: number;
  readonly #hidden: HiddenImages | undefined;
  readonly #ids: ToolCallIds;
  readonly #loop: ThinkingLoop;
  readonly #continuation = new Continuation();
  readonly #tally = new Tally();
  readonly #messages: PromptMessage[] = [];
  readonly #window: ResultWindow;
  #open: OpenGroup | null = null;
  /** Thoughts that another program wrote as a message of their own: they belong to the answer after them. */
  #thoughts: Message | null = null;

  /**
   * @param refusedThroughSeq the last message whose seals the target refused
   * @param hidden pictures that a request has no room for
   */
  constructor(target: Target, refusedThroughSeq = -1, hidden?: HiddenImages) {
    this.#hidden = hidden;
    this.#target = target;
    this.#refusedThroughSeq = refusedThroughSeq;
    this.#ids = new ToolCallIds(target);
    this.#loop = new ThinkingLoop(target);
    this.#window = new ResultWindow(target);
  }

  push(message: Message): void {
    if (message.role === 'tool') this.#pushResults(message);
    else if (message.role === 'user') this.#pushUser(message);
    else this.#pushAssistant(message);
  }

  /** The projection as of now; calls that nobody answered get a synthetic result here, without changing the state. */
  finish(): Projection {
    const open = this.#open && this.#answers(this.#open, new Tally()).map(inFull);
    const missing = this.#open ? this.#missing(this.#open) : 0;
    const { shortened, pointers } = this.#window;
    const converted = [
      { what: 'tool call', count: missing, why: interruptedWhy },
      { what: 'tool result', count: shortened, why: 'it is old: its beginning and end are shown' },
      { what: 'tool result', count: pointers, why: 'the same text of a file is shown once' },
    ].filter(({ count }) => count > 0);
    return {
      messages: [...this.#messages, ...(open ? [this.#message(open)] : this.#continuation.atEnd)],
      suppressReasoning: this.#loop.suppressReasoning,
      results: { shortened, repeated: pointers },
      report: this.#tally.report({ converted }),
    };
  }

  #pushUser(message: Message): void {
    this.#close();
    this.#loseThoughts();
    const seen = projectImages(message.parts as UserPart[], this.#target, this.#tally, this.#hidden);
    const parts = projectFiles(seen, this.#tally).flatMap((part): UserPart[] => {
      if (part.type !== 'text') return [part];
      return part.text.trim() === '' ? [] : [wellFormed(part)];
    });
    if (!parts.length) return;
    this.#loop.push(message, []);
    this.#messages.push(...this.#continuation.before(message), { role: 'user', parts });
    this.#tally.kept.messages += 1;
  }

  #pushAssistant(given: Message): void {
    this.#close();
    const message = this.#withThoughts(given);
    if (!message) return;
    const isRefused = message.seq <= this.#refusedThroughSeq;
    const reasoned = projectReasoning(message, this.#target, this.#tally, isRefused);
    const whole = projectPartial(message, reasoned, this.#tally);
    const calls: OpenGroup['calls'] = [];
    const parts = whole.flatMap((part): AssistantPart[] => {
      if (part.type === 'text') return part.text.trim() === '' && !part.capsule ? [] : [wellFormed(part)];
      if (part.type !== 'tool-call') return [wellFormed(part)];
      const sentId = this.#ids.assign(part.toolCallId);
      if (sentId !== part.toolCallId)
        this.#tally.converted('tool-call id', `${this.#target.provider} takes other ids`);
      calls.push({ stored: part, sentId });
      const sent = { ...part, toolCallId: sentId, name: legalToolName(part.name) };
      if (this.#target.capabilities.tools) return [sent];
      this.#tally.converted(
        'tool call',
        `${this.#target.model} cannot call tools: it reads about them as text`,
      );
      return [wellFormed(callAsText(sent))];
    });
    if (!parts.some((part) => part.type !== 'reasoning')) return;
    this.#startWithUser();
    this.#loop.push(message, parts);
    this.#messages.push(...this.#continuation.before(message), { role: 'assistant', parts });
    this.#tally.kept.messages += 1;
    this.#tally.kept.toolCalls += calls.length;
    if (calls.length) this.#open = { calls, results: [], seqs: new Map() };
  }

  /** null: it has only thoughts, which wait for what they led to. */
  #withThoughts(message: Message): Message | null {
    const before = this.#thoughts;
    const isTogether = before && message.status === 'complete' && isSameAuthor(before, message);
    if (before && !isTogether) this.#loseThoughts();
    const whole = isTogether ? { ...message, parts: [...before.parts, ...message.parts] } : message;
    const isThought = whole.parts.length > 0 && whole.parts.every(({ type }) => type === 'reasoning');
    this.#thoughts = isThought && whole.status === 'complete' ? whole : null;
    return this.#thoughts ? null : whole;
  }

  #loseThoughts(): void {
    if (!this.#thoughts) return;
    this.#tally.dropped('reasoning', 'no answer follows it', this.#thoughts.parts.length);
    this.#thoughts = null;
  }

  #pushResults({ parts, seq }: Message): void {
    for (const result of parts as ToolResultPart[]) {
      if (this.#open && isWanted(this.#open, result)) {
        this.#open.results.push(result);
        this.#open.seqs.set(result, seq);
      } else this.#tally.dropped('tool result', 'no call of the conversation waits for it');
    }
    if (this.#open && this.#missing(this.#open) === 0) this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    const missing = this.#missing(this.#open);
    if (missing) this.#tally.converted('tool call', interruptedWhy, missing);
    const at = this.#messages.length;
    for (const shown of this.#window.add({ at, answers: this.#answers(this.#open, this.#tally) }))
      this.#show(shown);
    this.#tally.kept.messages += 1;
    this.#open = null;
  }

  #show({ at, results }: ShownResults): void {
    const now = this.#messages[at];
    const isSame = now?.role === 'tool' && now.results.every((result, index) => result === results[index]);
    if (!isSame) this.#messages[at] = this.#message(results);
  }

  #message(results: ToolResultPart[]): PromptMessage {
    return this.#target.capabilities.tools
      ? { role: 'tool', results }
      : { role: 'user', parts: resultsAsText(results) };
  }

  #answers({ calls, results, seqs }: OpenGroup, tally: Tally): Answered[] {
    const answers = answerCalls(
      calls.map(({ stored }) => stored),
      results,
    );
    return calls.map(({ stored, sentId }, index) => {
      const answer = answers[index] as ToolResultPart;
      const result = wellFormed(projectResultImages(answer, this.#target, tally, this.#hidden));
      const text = result.text.trim() === '' ? '(no output)' : result.text;
      return {
        call: stored,
        result: { ...result, toolCallId: sentId, text },
        seq: seqs.get(answer) ?? null,
        rules: rulesText(answer.rules).toWellFormed(),
      };
    });
  }

  #missing(group: OpenGroup): number {
    return group.calls.length - group.results.length;
  }

  /** Anthropic: "first message must use the user role"; others accept it. */
  #startWithUser(): void {
    if (this.#messages.length === 0)
      this.#messages.push({
        role: 'user',
        parts: [{ type: 'text', text: '(The conversation begins here.)' }],
      });
  }
}

function isSameAuthor(left: Message, right: Message): boolean {
  return left.provider === right.provider && left.model === right.model && left.wire === right.wire;
}

/** One result for each call: a second one must not stand for that of another. */
function isWanted({ calls, results }: OpenGroup, { toolCallId }: ToolResultPart): boolean {
  const asked = calls.filter(({ stored }) => stored.toolCallId === toolCallId).length;
  return asked > results.filter((result) => result.toolCallId === toolCallId).length;
}

const interruptedWhy = 'it was interrupted: the model is told so';
