import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import type { FinishReason } from '../../types.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { StreamedCalls, type StreamedCall } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientCall, ClientWriter } from '../client-wire.ts';
import { sealEnvelope, type Envelope } from '../envelope.ts';
import type { ClientFailure } from '../failure.ts';
import { FreeInput } from '../free-input.ts';
import { dataEvent, eventStream } from '../sse-text.ts';
import { chatFinish, chatUsage, format, openAiErrorObject, reasoningText } from './form.ts';

/** A stream of `chat.completion.chunk`. */
export class ChatStream implements ClientWriter {
  readonly contentType = eventStream;
  readonly #head: AnswerHead;
  readonly #includeUsage: boolean;
  readonly #clientTools: ClientCall['clientTools'];
  /** Calls of tools that take text as it is. */
  readonly #free = new Map<StreamedCall, FreeInput>();
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

  constructor({ includeUsage, clientTools }: ClientCall, head: AnswerHead) {
    this.#head = head;
    this.#includeUsage = includeUsage;
    this.#clientTools = clientTools;
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
      ...this.#lastArguments(reason),
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
    if (isNew && this.#clientTools.get(name)?.free) this.#free.set(call, new FreeInput());
    const free = this.#free.get(call);
    const input = free?.push(text);
    if (isNew)
      return {
        tool_calls: [
          free
            ? { index, id, type: 'custom', custom: { name, input } }
            : { index, id, type: 'function', function: { name, arguments: text } },
        ],
      };
    if (free) return input ? { tool_calls: [{ index, custom: { input } }] } : null;
    return text ? { tool_calls: [{ index, function: { arguments: text } }] } : null;
  }

  /** A call without arguments has an empty object of them, and clients parse it. */
  #lastArguments(reason: FinishReason): string[] {
    if (reason !== 'tool-calls') return [];
    return this.#calls.all.flatMap((call) => {
      const { position: index, args } = call;
      const free = this.#free.get(call);
      const input = free?.end();
      if (input) return this.#chunk({ tool_calls: [{ index, custom: { input } }] });
      if (free || args.trim() !== '') return [];
      return this.#chunk({ tool_calls: [{ index, function: { arguments: '{}' } }] });
    });
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
    const ids = this.#calls.idsOf(parts);
    this.#head.remember?.(ids, parts);
    const envelopes = carriers(parts, this.#shown, ids);
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
