import type { AssistantPart, ReasoningPart } from '#protocol/message.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { isWhole, StreamedCalls, type StreamedCall } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientCall, ClientWriter } from '../client-wire.ts';
import { sealEnvelope } from '../envelope.ts';
import { errorType, type ClientFailure } from '../failure.ts';
import { eventStream, namedEvent } from '../sse-text.ts';
import { callPrefix, endFields, responseObject, responseUsage, type ResponseItem } from './form.ts';
import {
  CallInProgress,
  FreeCallInProgress,
  MessageInProgress,
  ReasoningInProgress,
  type Emit,
} from './items.ts';

/** Codes that clients act on. */
const knownCodes = ['rate_limit_exceeded', 'context_length_exceeded', 'insufficient_quota'];

/** The events of one `response`, numbered. Calls may be in progress side by side, as the wire allows. */
export class ResponseStream implements ClientWriter {
  readonly contentType = eventStream;
  readonly #call: ClientCall;
  readonly #head: AnswerHead;
  readonly #calls: StreamedCalls;
  readonly #shown: ReasoningPart[] = [];
  readonly #output: ResponseItem[] = [];
  readonly #open = new Map<StreamedCall, CallInProgress>();
  #spoken: MessageInProgress | ReasoningInProgress | null = null;
  #out = '';
  #sequence = 0;
  #items = 0;
  #refused = false;

  constructor(call: ClientCall, head: AnswerHead) {
    this.#call = call;
    this.#head = head;
    this.#calls = new StreamedCalls(head.id);
  }

  push(delta: WireDelta): string {
    this.#begin();
    if (delta.type === 'text-delta') this.#text(delta.text, delta.refusal === true);
    else if (delta.type === 'reasoning-delta') this.#reasoning().text(delta.text);
    else if (delta.type === 'reasoning-done') this.#reasoningDone(delta.part);
    else this.#callDelta(delta);
    return this.#take();
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    this.#begin();
    this.#endSpoken();
    const calls = parts.filter((part) => part.type === 'tool-call');
    for (const [call, item] of this.#open) {
      const isReal = calls.length > 0 && isWhole({ ...call, args: call.args || '{}' });
      this.#output[item.index] = item.done(call, isReal ? 'completed' : 'incomplete');
    }
    this.#carry(parts);
    const ended = endFields(reason, this.#refused);
    const type = ended.status === 'completed' ? 'response.completed' : 'response.incomplete';
    this.#emit({ type, response: this.#response({ ...ended, usage: responseUsage(usage) }) });
    return this.#take();
  }

  fail(failure: ClientFailure): string {
    this.#begin();
    const { code, message, param, status } = failure;
    this.#emit({
      type: 'error',
      code,
      message,
      param,
      error: { type: errorType(status), code, message, param },
    });
    const error = { code: knownCodes.includes(code) ? code : 'server_error', message };
    this.#emit({ type: 'response.failed', response: this.#response({ status: 'failed', error }) });
    return this.#take();
  }

  #text(text: string, refused: boolean): void {
    this.#refused ||= refused;
    if (!(this.#spoken instanceof MessageInProgress)) {
      this.#endSpoken();
      this.#endWholeCalls();
      this.#spoken = new MessageInProgress(...this.#next('msg'), refused);
    }
    this.#spoken.text(text);
  }

  #reasoning(): ReasoningInProgress {
    if (this.#spoken instanceof ReasoningInProgress) return this.#spoken;
    this.#endSpoken();
    const item = new ReasoningInProgress(...this.#next('rs'));
    this.#spoken = item;
    return item;
  }

  #reasoningDone(part: ReasoningPart): void {
    if (part.capsule) {
      this.#shown.push(part);
      this.#reasoning().sealed = sealEnvelope({ capsule: part.capsule });
    }
    if (this.#spoken instanceof ReasoningInProgress) this.#endSpoken();
  }

  #callDelta(delta: Extract<WireDelta, { type: 'tool-call-delta' }>): void {
    const said = this.#calls.push(delta);
    if (!said) return;
    const { call, isNew, text } = said;
    if (isNew) {
      this.#endSpoken();
      this.#endWholeCalls();
      const tool = this.#call.clientTools.get(call.name);
      const Item = tool?.free ? FreeCallInProgress : CallInProgress;
      this.#open.set(call, new Item(...this.#next(callPrefix(tool)), call, tool));
    }
    if (text) this.#open.get(call)?.args(text);
  }

  #endSpoken(): void {
    if (this.#spoken) this.#output[this.#spoken.index] = this.#spoken.done();
    this.#spoken = null;
  }

  #endWholeCalls(): void {
    for (const [call, item] of this.#open) {
      if (!isWhole(call)) continue;
      this.#output[item.index] = item.done(call, 'completed');
      this.#open.delete(call);
    }
  }

  /** What becomes known only with the whole answer. */
  #carry(parts: readonly AssistantPart[]): void {
    for (const envelope of carriers(parts, this.#shown, this.#calls.idsOf(parts))) {
      this.#reasoning().sealed = sealEnvelope(envelope);
      this.#endSpoken();
    }
  }

  #next(prefix: string): [emit: Emit, id: string, index: number] {
    const index = this.#items++;
    return [(event) => this.#emit(event), `${prefix}_${this.#head.id}_${index}`, index];
  }

  #response(fields: { status: string; [field: string]: unknown }): object {
    return responseObject(this.#call, this.#head, { ...fields, output: this.#output });
  }

  #begin(): void {
    if (this.#sequence) return;
    const response = this.#response({ status: 'in_progress' });
    this.#emit({ type: 'response.created', response });
    this.#emit({ type: 'response.in_progress', response });
  }

  #emit(event: { type: string; [field: string]: unknown }): void {
    const { type, ...fields } = event;
    const numbered = { type, sequence_number: this.#sequence++, ...fields };
    this.#out += namedEvent(numbered);
  }

  #take(): string {
    const text = this.#out;
    this.#out = '';
    return text;
  }
}
