import type { AssistantPart } from '#protocol/message.ts';
import type { WireAnswer, WireDelta } from '../../wires/wire.ts';
import { StreamedCalls } from '../calls.ts';
import { carriers } from '../carriers.ts';
import { openAiErrorObject } from '../chat/form.ts';
import type { AnsweredUsage, AnswerHead, ClientCall, ClientWriter } from '../client-wire.ts';
import { sealEnvelope } from '../envelope.ts';
import { freeInput } from '../free-input.ts';
import type { ClientFailure } from '../failure.ts';
import { jsonBody } from '../sse-text.ts';
import {
  callItem,
  callPrefix,
  endFields,
  messageItem,
  reasoningItem,
  responseObject,
  responseUsage,
  spokenPart,
  type ResponseItem,
} from './form.ts';

/** One `response`. */
export class ResponseWhole implements ClientWriter {
  readonly contentType = jsonBody;
  readonly #call: ClientCall;
  readonly #head: AnswerHead;
  #refused = false;

  constructor(call: ClientCall, head: AnswerHead) {
    this.#call = call;
    this.#head = head;
  }

  push(delta: WireDelta): string {
    if (delta.type === 'text-delta') this.#refused ||= delta.refusal === true;
    return '';
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    const response = responseObject(this.#call, this.#head, {
      ...endFields(reason, this.#refused),
      output: outputOf(this.#call, parts, this.#head.id, this.#refused),
      usage: responseUsage(usage),
    });
    return JSON.stringify(response);
  }

  fail(failure: ClientFailure): string {
    return JSON.stringify(openAiErrorObject(failure));
  }
}

function outputOf(
  { clientTools }: ClientCall,
  parts: readonly AssistantPart[],
  answerId: string,
  refused: boolean,
): ResponseItem[] {
  const ids = new StreamedCalls(answerId).idsOf(parts);
  const calls = parts.filter((part) => part.type === 'tool-call');
  const kept = carriers(parts, [], ids).filter(({ of }) => of);
  const carried = kept.map((envelope, index) =>
    reasoningItem(`rs_${answerId}_k${index}`, '', sealEnvelope(envelope)),
  );
  const items = parts.flatMap((part, index): ResponseItem[] => {
    const id = `${answerId}_${index}`;
    if (part.type === 'text')
      return part.text === ''
        ? []
        : [messageItem(`msg_${id}`, [spokenPart(part.text, refused)], 'completed')];
    if (part.type === 'tool-call') {
      const tool = clientTools.get(part.name);
      const args = tool?.free ? freeInput(part.args) : part.args;
      const named = { id: ids[calls.indexOf(part)] ?? '', name: part.name, args };
      return [callItem(`${callPrefix(tool)}_${id}`, named, 'completed', tool)];
    }
    const sealed = part.capsule && sealEnvelope({ capsule: part.capsule });
    return part.text === '' && !sealed ? [] : [reasoningItem(`rs_${id}`, part.text, sealed)];
  });
  // A reasoning item wants to be followed by what was reasoned about.
  return [...carried, ...items];
}
