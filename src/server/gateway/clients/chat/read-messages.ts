import type { ToolResultPart, UserPart } from '#protocol/message.ts';
import { mergeReasoningDetails, type ReasoningDetail } from '../../wires/reasoning-details.ts';
import { isEnvelope, openEnvelope, type Envelope } from '../envelope.ts';
import { malformed, objectAt, objectsAt, optional, stringAt, unsupported, type Json } from '../fields.ts';
import { freeArguments } from '../free-input.ts';
import { dataUrl, fileAt, imageAt } from '../media.ts';
import { systemWords } from '../system-words.ts';
import { settled, type SentMessage, type SentPart } from '../transcript.ts';

/** What comes first of the system's is the system prompt; later words of the system stay where they are. */
export function readChatMessages(value: unknown): { system: string; sent: SentMessage[] } {
  const messages = objectsAt(value, 'messages');
  if (!messages.length) malformed('messages', 'at least one message');
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const heads = first < 0 ? messages : messages.slice(0, first);
  const system = heads
    .map(({ content }, index) => textAt(content, `messages[${index}].content`))
    .join('\n\n');
  const sent: SentMessage[] = [];
  messages.slice(heads.length).forEach((message, index) => {
    const next = readMessage(message, `messages[${heads.length + index}]`);
    const last = sent.at(-1);
    // Results of one answer's calls come as several messages.
    if (next.role === 'tool' && last?.role === 'tool') last.results.push(...next.results);
    else sent.push(next);
  });
  if (!sent.length) malformed('messages', 'a message of the user');
  return { system, sent };
}

function readMessage(message: Json, param: string): SentMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: userParts(message.content, `${param}.content`) };
    case 'system':
    case 'developer':
      return { role: 'user', parts: [systemWords(textAt(message.content, `${param}.content`))] };
    case 'assistant':
      return assistantMessage(message, param);
    case 'tool':
      return { role: 'tool', results: [toolResult(message, param)] };
    default:
      return malformed(`${param}.role`, 'system, developer, user, assistant or tool');
  }
}

/** Text, or parts of text. */
function textAt(content: unknown, param: string): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  const texts = objectsAt(content, param).map((part, index) => {
    if (part.type === 'refusal') return stringAt(part.refusal, `${param}[${index}].refusal`);
    if (part.type !== 'text') malformed(`${param}[${index}].type`, 'text');
    return stringAt(part.text, `${param}[${index}].text`);
  });
  return texts.join('');
}

function userParts(content: unknown, param: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return objectsAt(content, param).map((part, index) => userPart(part, `${param}[${index}]`));
}

function userPart(part: Json, param: string): UserPart {
  if (part.type === 'text') return { type: 'text', text: stringAt(part.text, `${param}.text`) };
  if (part.type === 'image_url') {
    const image = objectAt(part.image_url, `${param}.image_url`);
    const detail = optional(image.detail, `${param}.image_url.detail`, stringAt);
    return imageAt(stringAt(image.url, `${param}.image_url.url`), `${param}.image_url.url`, detail);
  }
  if (part.type === 'file') return filePart(objectAt(part.file, `${param}.file`), `${param}.file`);
  if (part.type === 'input_audio')
    unsupported(`${param}.type`, 'sound cannot be passed on to a model of another wire.');
  return malformed(`${param}.type`, 'text, image_url or file');
}

function filePart(file: Json, param: string): UserPart {
  if (file.file_data === undefined || file.file_data === null)
    unsupported(
      `${param}.file_id`,
      'files that are stored at one provider cannot be passed on. Send its data.',
    );
  const data = dataUrl(stringAt(file.file_data, `${param}.file_data`));
  if (!data) return malformed(`${param}.file_data`, 'a data URL');
  const name = optional(file.filename, `${param}.filename`, stringAt) ?? 'file';
  return fileAt(name, data.mediaType, data.data, `${param}.file_data`);
}

function assistantMessage(message: Json, param: string): SentMessage {
  const text = textAt(message.content, `${param}.content`);
  const refusal = optional(message.refusal, `${param}.refusal`, stringAt) ?? '';
  const said = text || refusal;
  const calls = (optional(message.tool_calls, `${param}.tool_calls`, objectsAt) ?? []).map((call, index) =>
    toolCall(call, `${param}.tool_calls[${index}]`),
  );
  if (message.function_call) unsupported(`${param}.function_call`, 'it was replaced by tool_calls.');
  const spoken: SentPart[] = said === '' ? [] : [{ type: 'text', text: said }];
  const { parts, envelopes } = reasoningOf(message, param);
  return { role: 'assistant', parts: placed([...spoken, ...calls], parts, envelopes) };
}

function toolCall(call: Json, param: string): SentPart {
  if (call.type === 'custom') {
    const { name, input } = objectAt(call.custom, `${param}.custom`);
    return {
      type: 'tool-call',
      toolCallId: stringAt(call.id, `${param}.id`),
      name: stringAt(name, `${param}.custom.name`),
      args: freeArguments(stringAt(input, `${param}.custom.input`)),
    };
  }
  if (call.type !== undefined && call.type !== 'function') malformed(`${param}.type`, 'function or custom');
  const called = objectAt(call.function, `${param}.function`);
  return {
    type: 'tool-call',
    toolCallId: stringAt(call.id, `${param}.id`),
    name: stringAt(called.name, `${param}.function.name`),
    args: stringAt(called.arguments ?? '{}', `${param}.function.arguments`) || '{}',
  };
}

/** The wire has text only; some clients send images all the same. */
function toolResult(message: Json, param: string): ToolResultPart {
  const path = `${param}.content`;
  const parts = Array.isArray(message.content) ? objectsAt(message.content, path) : [];
  const images = parts
    .filter(({ type }) => type === 'image_url')
    .map((part) => userPart(part, path))
    .filter((part) => part.type === 'image');
  const texts = images.length ? parts.filter(({ type }) => type !== 'image_url') : message.content;
  return {
    type: 'tool-result',
    toolCallId: stringAt(message.tool_call_id, `${param}.tool_call_id`),
    name: '',
    status: 'ok',
    text: textAt(texts, path),
    ...(images.length ? { images } : {}),
  };
}

interface Reasoning {
  /** Each with its place, in order. */
  parts: { part: SentPart; at: number }[];
  envelopes: Envelope[];
}

/** What clients keep of our answers, or of a server of this wire. */
function reasoningOf(message: Json, param: string): Reasoning {
  const given = optional(message.reasoning_details, `${param}.reasoning_details`, objectsAt) ?? [];
  const details = mergeReasoningDetails([], given as ReasoningDetail[]);
  const native = details.filter(({ signature, data }) => !isEnvelope(signature) && !isEnvelope(data));
  const envelopes: Envelope[] = [];
  const parts: Reasoning['parts'] = [];
  for (const detail of details.filter((known) => !native.includes(known))) {
    const envelope = openEnvelope(detail.signature) ?? openEnvelope(detail.data);
    if (envelope?.of) envelopes.push(envelope);
    else if (envelope) {
      const { capsule, at = 0 } = envelope;
      parts.push({ part: { type: 'reasoning', text: detail.text ?? '', capsule }, at });
    }
  }
  if (native.length && !parts.length) {
    const text = native.map((detail) => detail.text ?? detail.summary ?? '').join('');
    return { parts: [{ part: { type: 'reasoning', text, native }, at: 0 }], envelopes };
  }
  return { parts: details.length ? parts : plainReasoning(message), envelopes };
}

function plainReasoning({ reasoning_content: content, reasoning }: Json): Reasoning['parts'] {
  const text = typeof content === 'string' && content ? content : reasoning;
  if (typeof text !== 'string' || text === '') return [];
  return [{ part: { type: 'reasoning', text }, at: 0 }];
}

function placed(spoken: SentPart[], reasoning: Reasoning['parts'], envelopes: Envelope[]): SentPart[] {
  const parts = [...spoken];
  for (const { part, at } of reasoning) parts.splice(Math.min(at, parts.length), 0, part);
  return settled(parts, envelopes);
}
