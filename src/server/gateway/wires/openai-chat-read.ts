import { CrosspointError } from '#protocol/errors.ts';
import type { AssistantPart, Capsule, ToolCallPart } from '#protocol/message.ts';
import { streamError } from '../errors/stream-error.ts';
import type { SseEvent } from '../sse.ts';
import type { Dialect, FinishReason, Target } from '../types.ts';
import type { ChatReasoning } from './chat-reasoning.ts';
import { eventJson, otherProtocol } from './event-json.ts';
import { readChatUsage, type ChatUsage } from './openai-chat-usage.ts';
import { mergeReasoningDetails, type ReasoningDetail } from './reasoning-details.ts';
import { settledReason } from './settled-reason.ts';
import { signatureCapsule, type ExtraContent } from './thought-signatures.ts';
import { isCutOff, ToolCallCollector, withDistinctIds } from './tool-calls.ts';
import type { ReportedUsage, WireAnswer, WireDelta, WirePartial, WireReader } from './wire.ts';

interface Chunk {
  model?: string;
  error?: unknown;
  usage?: ChatUsage | null;
  x_groq?: { usage?: ChatUsage; error?: unknown } | null;
  choices?: Choice[] | null;
}

interface Choice {
  /** Of a stream. */
  delta?: Delta | null;
  /** Of a whole answer: everything at once, in the form of a delta. */
  message?: Delta | null;
  finish_reason?: string | null;
  error?: unknown;
}

interface Delta {
  /** Mistral's thinking models give a list of parts. */
  content?: string | { type?: string; text?: string }[] | null;
  refusal?: string | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
  reasoning_details?: ReasoningDetail[] | null;
  tool_calls?: CallDelta[] | null;
  extra_content?: ExtraContent | null;
}

interface CallDelta {
  index?: number;
  id?: string | null;
  /** Some compatible servers give the arguments as the object itself. */
  function?: { name?: string | null; arguments?: string | object | null } | null;
  extra_content?: ExtraContent | null;
}

export const finishReasons: Record<string, FinishReason> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'content-filter',
};

/** Reads a chat completion: OpenAI, Groq (`reasoning`), OpenRouter (`reasoning_details`), Kimi and DeepSeek (`reasoning_content`). */
export class OpenAiChatReader implements WireReader {
  servedModel: string | undefined;
  done = false;
  readonly #target: Target;
  readonly #dialect: Dialect;
  readonly #reasoning: ChatReasoning;
  readonly #calls: ToolCallCollector;
  /** The provider's index of a call → the position of the newest call under it. */
  readonly #positions = new Map<number, number>();
  #text = '';
  #refused = false;
  #reasoningText = '';
  #isReasoned = false;
  #details: ReasoningDetail[] = [];
  /** Gemini's signature of what is said. */
  #signature: Capsule | null = null;
  #finish: string | null = null;
  #usage: ReportedUsage | null = null;

  constructor(target: Target, dialect: Dialect, reasoning: ChatReasoning) {
    this.#target = target;
    this.#dialect = dialect;
    this.#reasoning = reasoning;
    this.#calls = new ToolCallCollector(target);
  }

  push(event: SseEvent): WireDelta[] {
    if (event.data.trim() === '[DONE]') {
      this.done = true;
      return [];
    }
    const choice = this.#take(eventJson<Chunk>(event, this.#target));
    return choice?.delta ? this.#delta(choice.delta) : [];
  }

  readBody(body: Chunk): WireDelta[] {
    const choice = this.#take(body);
    if (!Array.isArray(body.choices)) throw otherProtocol(this.#target);
    this.done = true;
    return choice?.message ? this.#delta(choice.message) : [];
  }

  #take(chunk: Chunk): Choice | undefined {
    const choice = chunk.choices?.[0];
    const error = chunk.error ?? chunk.x_groq?.error ?? choice?.error;
    if (error) throw streamError(error, this.#target);
    if (choice?.finish_reason === 'error') throw streamError({ message: 'error' }, this.#target);
    this.servedModel ||= chunk.model;
    const usage = chunk.usage ?? chunk.x_groq?.usage;
    if (usage) this.#usage = readChatUsage(usage, this.#dialect);
    this.#finish = choice?.finish_reason ?? this.#finish;
    return choice;
  }

  end(): WireAnswer {
    // Compatible servers may leave out [DONE]; none leaves out the finish reason of an answer that is whole.
    if (this.#finish === null)
      throw new CrosspointError('provider_stream_cut', { provider: this.#target.provider });
    this.#calls.closeAll();
    const reason = this.#reason();
    const calls = this.#calls.takeAll(reason);
    const parts = withDistinctIds([...this.#spoken(), ...calls]);
    return { reason: settledReason(reason, calls.length), parts, ...this.#facts() };
  }

  partial(): WirePartial {
    const text: AssistantPart[] = this.#text ? [{ type: 'text', text: this.#text }] : [];
    return { parts: text, ...this.#facts() };
  }

  #delta(delta: Delta): WireDelta[] {
    const deltas: WireDelta[] = [];
    if (delta.reasoning_details?.length)
      this.#details = mergeReasoningDetails(this.#details, delta.reasoning_details);
    this.#signature = signatureCapsule(delta.extra_content, this.#target) ?? this.#signature;
    const content = spokenText(delta.content);
    // Gemini's thoughts come as content that is marked.
    const isThought = delta.extra_content?.google?.thought === true;
    const reasoning =
      delta.reasoning || delta.reasoning_content || (isThought ? content.replace(thoughtTags, '') : '');
    if (reasoning) {
      this.#reasoningText += reasoning;
      deltas.push({ type: 'reasoning-delta', text: reasoning });
    }
    const text = (isThought ? '' : content) || delta.refusal;
    if (delta.refusal) this.#refused = true;
    if (text || delta.tool_calls?.length) deltas.push(...this.#reasoningDone());
    if (text) {
      this.#text += text;
      deltas.push({ type: 'text-delta', text, ...(delta.refusal ? { refusal: true } : {}) });
    }
    for (const [index, call] of (delta.tool_calls ?? []).entries())
      deltas.push(this.#callDelta(call.index ?? index, call));
    return deltas;
  }

  #callDelta(index: number, { id, function: called, extra_content: extra }: CallDelta): WireDelta {
    let position = this.#positions.get(index);
    const known = position === undefined ? undefined : this.#calls.at(position);
    // Some servers give every call the index 0: another id with a name is another call.
    const isOther = known && called?.name && (hasOtherId(known, id) || isSecondWithoutId(known, id));
    if (position === undefined || isOther) {
      position = this.#calls.open({ id: id ?? null, name: called?.name ?? null });
      this.#positions.set(index, position);
    } else if (known) {
      known.toolCallId ||= id ?? '';
      known.name ||= called?.name ?? '';
    }
    const given = called?.arguments ?? '';
    const argsText = typeof given === 'string' ? given : JSON.stringify(given);
    this.#calls.append(position, argsText);
    const call = this.#calls.at(position);
    const capsule = signatureCapsule(extra, this.#target);
    if (call && capsule) call.capsule = capsule;
    const said = call?.toolCallId ? { id: call.toolCallId } : {};
    return { type: 'tool-call-delta', index: position, ...said, name: call?.name ?? '', argsText };
  }

  /** Once, when something else begins: what is said of the reasoning after that comes with the answer. */
  #reasoningDone(): WireDelta[] {
    if (this.#isReasoned) return [];
    this.#isReasoned = true;
    const parts = this.#reasoning.parts(this.#reasoningText, this.#details);
    return parts.map((part) => ({ type: 'reasoning-done', part }));
  }

  #spoken(): AssistantPart[] {
    const reasoning = this.#reasoning.parts(this.#reasoningText, this.#details);
    const capsule = this.#signature;
    if (this.#text)
      return [...reasoning, { type: 'text', text: this.#text, ...(capsule ? { capsule } : {}) }];
    // Of an answer without a word, e.g. with calls only.
    return capsule ? [...reasoning, { type: 'reasoning', text: '', capsule }] : reasoning;
  }

  #reason(): FinishReason {
    const reason = finishReasons[this.#finish ?? ''] ?? 'stop';
    return this.#refused && reason === 'stop' && !this.#calls.size ? 'refusal' : reason;
  }

  #facts() {
    return { usage: this.#usage, ...(this.servedModel ? { servedModel: this.servedModel } : {}) };
  }
}

/** Around thoughts, from their first piece to their last. */
const thoughtTags = /^<thought>|<\/thought>$/g;

function hasOtherId({ toolCallId }: ToolCallPart, id: string | null | undefined): boolean {
  return Boolean(id && toolCallId && id !== toolCallId);
}

/** Servers that give neither index nor id send each call whole: a name after whole arguments begins the next one. */
function isSecondWithoutId({ toolCallId, args }: ToolCallPart, id: string | null | undefined): boolean {
  return !id && !toolCallId && args !== '' && !isCutOff(args);
}

function spokenText(content: Delta['content']): string {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('');
}
