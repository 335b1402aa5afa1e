import type { AssistantPart, ReasoningPart, ToolCallPart } from '#protocol/message.ts';
import type { FinishReason } from '../../types.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { StreamedCalls } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientWriter } from '../client-wire.ts';
import { sealEnvelope, type Envelope } from '../envelope.ts';
import type { ClientFailure } from '../failure.ts';
import { dataEvent, eventStream, jsonBody } from '../sse-text.ts';
import { chatFinish, chatUsage, openAiErrorObject } from './form.ts';

/** Names the form of our `reasoning_details`, as OpenRouter does of each provider's. */
const format = 'crosspoint-v1';

/** A stream of `chat.completion.chunk`. */
export class ChatStream implements ClientWriter {
  readonly contentType = eventStream;
  readonly #head: AnswerHead;
  readonly #includeUsage: boolean;
  readonly #calls: StreamedCalls;
  readonly #shown: ReasoningPart[] = [];
  /** Elements of `reasoning_details` that have what the client sends back. */
  readonly #sealed: object[] = [];
  #begun = false;
  #hasText = false;
  #refused = false;
  /** The element of `reasoning_details` that is being written. */
  #detail = 0;
  #detailOpen = false;

  constructor(head: AnswerHead, includeUsage: boolean) {
    this.#head = head;
    this.#includeUsage = includeUsage;
    this.#calls = new StreamedCalls(head.id);
  }

  push(delta: WireDelta): string {
    const written = this.#delta(delta);
    return written ? this.#preamble() + this.#chunk(written) : '';
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    const kept = this.#kept(parts);
    const finish = chatFinish(reason, this.#refused);
    return [
      this.#preamble(),
      ...this.#emptyArguments(reason),
      kept.length ? this.#chunk({ reasoning_details: kept }) : '',
      this.#chunk({}, finish),
      this.#includeUsage ? dataEvent({ ...this.#base(), choices: [], usage: chatUsage(usage) }) : '',
      'data: [DONE]\n\n',
    ].join('');
  }

  fail(failure: ClientFailure): string {
    return dataEvent(openAiErrorObject(failure));
  }

  #delta(delta: WireDelta): object | null {
    switch (delta.type) {
      case 'text-delta':
        this.#hasText = true;
        this.#refused ||= delta.refusal === true;
        return delta.refusal ? { refusal: delta.text } : { content: delta.text };
      case 'reasoning-delta':
        this.#detailOpen = true;
        return { ...reasoningText(delta.text), reasoning_details: [this.#textDetail({ text: delta.text })] };
      case 'reasoning-done':
        return this.#reasoningDone(delta.part);
      case 'tool-call-delta':
        return this.#callDelta(delta);
    }
  }

  #callDelta(delta: Extract<WireDelta, { type: 'tool-call-delta' }>): object | null {
    const said = this.#calls.push(delta);
    if (!said) return null;
    const { call, isNew, text } = said;
    const { id, name, position: index } = call;
    if (!isNew) return text ? { tool_calls: [{ index, function: { arguments: text } }] } : null;
    return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: text } }] };
  }

  /** A call without arguments has an empty object of them, and clients parse it. */
  #emptyArguments(reason: FinishReason): string[] {
    if (reason !== 'tool-calls') return [];
    return this.#calls.all
      .filter(({ args }) => args.trim() === '')
      .map(({ position: index }) => this.#chunk({ tool_calls: [{ index, function: { arguments: '{}' } }] }));
  }

  #reasoningDone(part: ReasoningPart): object | null {
    const at = this.#detail + Number(this.#hasText) + this.#calls.all.length;
    const detail = part.capsule && this.#sealedDetail(sealEnvelope({ capsule: part.capsule, at }));
    if (part.capsule) this.#shown.push(part);
    if (detail || this.#detailOpen) this.#nextDetail();
    return detail ? { reasoning_details: [detail] } : null;
  }

  /** Text that was shown gets its signature, also where there is none. */
  #sealedDetail(envelope: string): object {
    const detail = this.#textDetail({ signature: envelope });
    this.#sealed.push(detail);
    return detail;
  }

  #textDetail(fields: { text: string } | { signature: string }): object {
    return { type: 'reasoning.text', ...fields, format, index: this.#detail };
  }

  /** What becomes known only with the whole answer. */
  #kept(parts: readonly AssistantPart[]): object[] {
    const calls = parts.filter((part) => part.type === 'tool-call');
    const ids = calls.map((part, position) => this.#calls.idOf(part, position));
    this.#head.remember?.(ids, parts);
    const envelopes = carriers(parts, this.#shown, (position) => ids[position] ?? '');
    for (const envelope of envelopes.filter(({ of }) => !of)) this.#keptDetail(envelope);
    if (this.#detailOpen) this.#nextDetail();
    for (const envelope of envelopes.filter(({ of }) => of)) this.#keptDetail(envelope);
    // OpenAI's client keeps only the last piece of a field that it does not know: the last one has them all.
    return this.#sealed.length > 1 || envelopes.length ? this.#sealed : [];
  }

  #keptDetail(envelope: Envelope): void {
    this.#sealedDetail(sealEnvelope(envelope));
    this.#nextDetail();
  }

  #nextDetail(): void {
    this.#detail += 1;
    this.#detailOpen = false;
  }

  #preamble(): string {
    if (this.#begun) return '';
    this.#begun = true;
    return this.#chunk({ role: 'assistant', content: '', refusal: null });
  }

  #chunk(delta: object, finish: string | null = null): string {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish };
    return dataEvent({ ...this.#base(), choices: [choice], ...(this.#includeUsage ? { usage: null } : {}) });
  }

  #base(): object {
    const { id, created, model } = this.#head;
    return {
      id: `chatcmpl-${id}`,
      object: 'chat.completion.chunk',
      created,
      model,
      system_fingerprint: null,
    };
  }
}

/** One `chat.completion`. */
export class ChatWhole implements ClientWriter {
  readonly contentType = jsonBody;
  readonly #head: AnswerHead;
  #refused = false;

  constructor(head: AnswerHead) {
    this.#head = head;
  }

  push(delta: WireDelta): string {
    if (delta.type === 'text-delta') this.#refused ||= delta.refusal === true;
    return '';
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    const { id, created, model } = this.#head;
    const ids = new StreamedCalls(id);
    const calls = parts.filter((part) => part.type === 'tool-call');
    const named = calls.map((part, position) => ({ part, id: ids.idOf(part, position) }));
    this.#head.remember?.(
      named.map((call) => call.id),
      parts,
    );
    const message = chatMessage(parts, this.#refused, named);
    const finish = chatFinish(reason, this.#refused);
    return JSON.stringify({
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      created,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
      usage: chatUsage(usage),
      system_fingerprint: null,
    });
  }

  fail(failure: ClientFailure): string {
    return JSON.stringify(openAiErrorObject(failure));
  }
}

function chatMessage(
  parts: readonly AssistantPart[],
  refused: boolean,
  named: { part: ToolCallPart; id: string }[],
): object {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const details = reasoningDetails(parts, (position) => named[position]?.id ?? '');
  const reasoning = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  return {
    role: 'assistant',
    content: refused || (text === '' && named.length) ? null : text,
    refusal: refused ? text : null,
    ...(reasoning ? reasoningText(reasoning) : {}),
    ...(details.length ? { reasoning_details: details } : {}),
    ...(named.length ? { tool_calls: named.map(({ part, id }) => calledFunction(part, id)) } : {}),
  };
}

/** OpenRouter's name and DeepSeek's: clients know one or the other. */
function reasoningText(text: string) {
  return { reasoning: text, reasoning_content: text };
}

function calledFunction({ name, args }: ToolCallPart, id: string): object {
  return { id, type: 'function', function: { name, arguments: args } };
}

function reasoningDetails(parts: readonly AssistantPart[], idOf: (position: number) => string): object[] {
  const envelopes = carriers(parts, [], idOf);
  const shown = parts.flatMap((part, at): object[] => {
    if (part.type !== 'reasoning') return [];
    const own = envelopes.find((envelope) => !envelope.of && envelope.at === at);
    const sealed = own && sealEnvelope(own);
    if (part.text !== '')
      return [{ type: 'reasoning.text', text: part.text, ...(sealed ? { signature: sealed } : {}) }];
    return sealed ? [{ type: 'reasoning.encrypted', data: sealed }] : [];
  });
  const others = envelopes
    .filter(({ of }) => of)
    .map((envelope) => ({ type: 'reasoning.encrypted', data: sealEnvelope(envelope) }));
  return [...shown, ...others].map((detail, index) => ({ ...detail, format, index }));
}
