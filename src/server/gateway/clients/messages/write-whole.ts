import type { AssistantPart } from '#protocol/message.ts';
import type { WireAnswer } from '../../wires/wire.ts';
import { StreamedCalls } from '../calls.ts';
import { carriers } from '../carriers.ts';
import type { AnsweredUsage, AnswerHead, ClientWriter } from '../client-wire.ts';
import { sealEnvelope } from '../envelope.ts';
import type { ClientFailure } from '../failure.ts';
import { jsonBody } from '../sse-text.ts';
import { fullUsage, inputOf, messageHead, messagesError, stopFields, toolUseId } from './form.ts';

/** One `message`. */
export class MessageWhole implements ClientWriter {
  readonly contentType = jsonBody;
  readonly #head: AnswerHead;

  constructor(head: AnswerHead) {
    this.#head = head;
  }

  push(): string {
    return '';
  }

  end({ reason, parts }: WireAnswer, usage: AnsweredUsage): string {
    const { id, model } = this.#head;
    const content = contentOf(parts, new StreamedCalls(id, toolUseId).idsOf(parts));
    return JSON.stringify({
      ...messageHead(id, model),
      content,
      ...stopFields(reason),
      usage: fullUsage(usage),
    });
  }

  fail(failure: ClientFailure): string {
    return JSON.stringify(messagesError(failure));
  }
}

function contentOf(parts: readonly AssistantPart[], ids: readonly string[]): object[] {
  const calls = parts.filter((part) => part.type === 'tool-call');
  const kept = carriers(parts, [], ids).filter(({ of }) => of);
  const blocks = parts.flatMap((part): object[] => {
    if (part.type === 'text')
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: null }];
    if (part.type === 'reasoning') return reasoningBlocks(part);
    const id = ids[calls.indexOf(part)];
    return [{ type: 'tool_use', id, name: part.name, input: inputOf(part), caller: { type: 'direct' } }];
  });
  // Thinking may not be an answer's last block.
  return [...kept.map((envelope) => redacted(sealEnvelope(envelope))), ...blocks];
}

function reasoningBlocks({ text, capsule }: Extract<AssistantPart, { type: 'reasoning' }>): object[] {
  const signature = capsule ? sealEnvelope({ capsule }) : '';
  if (text !== '') return [{ type: 'thinking', thinking: text, signature }];
  return capsule ? [redacted(signature)] : [];
}

export function redacted(data: string): { type: 'redacted_thinking'; data: string } {
  return { type: 'redacted_thinking', data };
}
