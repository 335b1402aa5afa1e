import type { AssistantPart, ToolCallPart } from '#protocol/message.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { StreamedCalls } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientCall, ClientWriter } from '../client-wire.ts';
import { sealEnvelope } from '../envelope.ts';
import type { ClientFailure } from '../failure.ts';
import { freeInput } from '../free-input.ts';
import { jsonBody } from '../sse-text.ts';
import { chatFinish, chatUsage, format, openAiErrorObject, reasoningText } from './form.ts';

/** One `chat.completion`. */
export class ChatWhole implements ClientWriter {
  readonly contentType = jsonBody;
  readonly #clientTools: ClientCall['clientTools'];
  readonly #head: AnswerHead;
  #refused = false;

  constructor({ clientTools }: ClientCall, head: AnswerHead) {
    this.#clientTools = clientTools;
    this.#head = head;
  }

  push(delta: WireDelta): string {
    if (delta.type === 'text-delta') this.#refused ||= delta.refusal === true;
    return '';
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    const { id, created, model } = this.#head;
    const ids = new StreamedCalls(id).idsOf(parts);
    this.#head.remember?.(ids, parts);
    const calls = parts
      .filter((part) => part.type === 'tool-call')
      .map((part, position) => calledTool(part, ids[position] ?? '', this.#clientTools));
    const details = reasoningDetails(parts, ids);
    const message = chatMessage(parts, this.#refused, calls, details);
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
  calls: object[],
  details: object[],
): object {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const reasoning = parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  return {
    role: 'assistant',
    content: refused || (text === '' && calls.length) ? null : text,
    refusal: refused ? text : null,
    ...(reasoning ? reasoningText(reasoning) : {}),
    ...(details.length ? { reasoning_details: details } : {}),
    ...(calls.length ? { tool_calls: calls } : {}),
  };
}

function calledTool({ name, args }: ToolCallPart, id: string, tools: ClientCall['clientTools']): object {
  if (tools.get(name)?.free) return { id, type: 'custom', custom: { name, input: freeInput(args) } };
  return { id, type: 'function', function: { name, arguments: args } };
}

function reasoningDetails(parts: readonly AssistantPart[], ids: readonly string[]): object[] {
  const envelopes = carriers(parts, [], ids);
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
