import type { ReasoningPart } from '#protocol/message.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { isWhole, StreamedCalls, type StreamedCall } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientWriter } from '../client-wire.ts';
import { sealEnvelope } from '../envelope.ts';
import type { ClientFailure } from '../failure.ts';
import { eventStream, namedEvent } from '../sse-text.ts';
import { fullUsage, messageHead, messagesError, messageUsage, stopFields, toolUseId } from './form.ts';
import { redacted } from './write-whole.ts';

const nothing = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

/**
 * The events of one `message`. Blocks follow one another, and so do calls whose arguments arrive in turns: what belongs
 * to a later block waits until the one before is whole.
 */
export class MessageStream implements ClientWriter {
  readonly contentType = eventStream;
  readonly #head: AnswerHead;
  readonly #calls: StreamedCalls;
  readonly #shown: ReasoningPart[] = [];
  #out = '';
  #begun = false;
  #index = -1;
  #open: 'text' | 'thinking' | StreamedCall | null = null;
  readonly #waiting: StreamedCall[] = [];
  #lateText = '';

  constructor(head: AnswerHead) {
    this.#head = head;
    this.#calls = new StreamedCalls(head.id, toolUseId);
  }

  push(delta: WireDelta): string {
    if (delta.type === 'text-delta') this.#text(delta.text);
    else if (delta.type === 'reasoning-delta') this.#thinking(delta.text);
    else if (delta.type === 'reasoning-done') this.#reasoningDone(delta.part);
    else this.#callDelta(delta);
    return this.#take();
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    this.#close();
    for (const call of this.#waiting.splice(0)) this.#openCall(call);
    if (this.#lateText) this.#text(this.#lateText);
    this.#close();
    for (const envelope of carriers(parts, this.#shown, this.#calls.idsOf(parts)))
      this.#block(redacted(sealEnvelope(envelope)));
    this.#emit({
      type: 'message_delta',
      delta: { ...stopFields(reason), container: null },
      usage: messageUsage(usage),
    });
    this.#emit({ type: 'message_stop' });
    return this.#take();
  }

  fail(failure: ClientFailure): string {
    return namedEvent(messagesError(failure) as { type: string });
  }

  #text(text: string): void {
    if (this.#isBusy()) {
      this.#lateText += text;
      return;
    }
    if (this.#open !== 'text') this.#start('text', { type: 'text', text: '', citations: null });
    this.#delta({ type: 'text_delta', text });
  }

  #thinking(thinking: string): void {
    if (this.#isBusy()) return;
    if (this.#open !== 'thinking') this.#start('thinking', { type: 'thinking', thinking: '', signature: '' });
    this.#delta({ type: 'thinking_delta', thinking });
  }

  #reasoningDone(part: ReasoningPart): void {
    const { capsule } = part;
    if (capsule && !this.#isBusy()) {
      const sealed = sealEnvelope({ capsule });
      this.#shown.push(part);
      if (this.#open === 'thinking') this.#delta({ type: 'signature_delta', signature: sealed });
      else this.#block(redacted(sealed));
    }
    if (this.#open === 'thinking') this.#close();
  }

  #callDelta(delta: Extract<WireDelta, { type: 'tool-call-delta' }>): void {
    const said = this.#calls.push(delta);
    if (!said) return;
    const { call, isNew, text } = said;
    if (isNew && this.#isBusy()) this.#waiting.push(call);
    else if (isNew) this.#openCall(call);
    else if (this.#open === call && text) this.#delta({ type: 'input_json_delta', partial_json: text });
    if (!isNew) this.#openWaiting();
  }

  /** Whether a call is open whose arguments are not whole: nothing else can begin. */
  #isBusy(): boolean {
    const open = this.#open;
    return this.#waiting.length > 0 || (open !== null && typeof open === 'object' && !isWhole(open));
  }

  #openWaiting(): void {
    while (this.#waiting.length) {
      const open = this.#open;
      if (open !== null && typeof open === 'object' && !isWhole(open)) return;
      this.#openCall(this.#waiting.shift() as StreamedCall);
    }
  }

  #openCall(call: StreamedCall): void {
    const { id, name, args } = call;
    this.#start(call, { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } });
    if (args) this.#delta({ type: 'input_json_delta', partial_json: args });
  }

  #start(open: 'text' | 'thinking' | StreamedCall, block: object): void {
    this.#close();
    this.#open = open;
    this.#index += 1;
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block });
  }

  #delta(delta: object): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta });
  }

  /** A block that has nothing but its beginning. */
  #block(block: object): void {
    this.#start('text', block);
    this.#close();
  }

  #close(): void {
    if (this.#open === null) return;
    this.#open = null;
    this.#emit({ type: 'content_block_stop', index: this.#index });
  }

  #emit(event: { type: string; [field: string]: unknown }): void {
    if (!this.#begun) {
      this.#begun = true;
      const stop = { stop_reason: null, stop_sequence: null, stop_details: null };
      const { id, model, estimateInput } = this.#head;
      // The end of the message corrects it.
      const usage = fullUsage({ ...nothing, inputTokens: estimateInput?.() ?? 0 });
      const message = { ...messageHead(id, model), content: [], ...stop, usage };
      this.#out += namedEvent({ type: 'message_start', message } as { type: string });
    }
    this.#out += namedEvent(event);
  }

  #take(): string {
    const text = this.#out;
    this.#out = '';
    return text;
  }
}
