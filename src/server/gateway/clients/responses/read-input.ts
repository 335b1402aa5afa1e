import type { ImagePart, ToolResultPart, UserPart } from '#protocol/message.ts';
import { isEnvelope, openEnvelope, type Envelope } from '../envelope.ts';
import type { ToolNames } from '../client-tools.ts';
import { malformed, objectsAt, optional, stringAt, unsupported, type Json } from '../fields.ts';
import { freeArguments } from '../free-input.ts';
import { dataUrl, fileAt, fileAtAddress, imageAt } from '../media.ts';
import { systemWords } from '../system-words.ts';
import { settled, type SentMessage, type SentPart } from '../transcript.ts';
import { calledName } from './read-tools.ts';

/** Items of one answer follow one another: they become one message. What comes first of the system's is the prompt. */
export function readInput(value: unknown, names: ToolNames): { system: string; sent: SentMessage[] } {
  if (typeof value === 'string')
    return { system: '', sent: [{ role: 'user', parts: [{ type: 'text', text: value }] }] };
  const items = objectsAt(value, 'input');
  const system: string[] = [];
  const gathered = new Gathered();
  items.forEach((item, index) => {
    const param = `input[${index}]`;
    const isMessage = (item.type ?? 'message') === 'message';
    const isSystem = isMessage && (item.role === 'system' || item.role === 'developer');
    if (isSystem && !gathered.sent.length) system.push(textOf(item.content, `${param}.content`));
    else readItem(item, param, gathered, names);
  });
  if (!gathered.sent.length) malformed('input', 'a message of the user');
  return { system: system.join('\n\n'), sent: gathered.settle() };
}

/** Messages while their items come. */
class Gathered {
  readonly sent: SentMessage[] = [];
  readonly #envelopes = new Map<SentMessage, Envelope[]>();

  answer(...parts: SentPart[]): SentMessage {
    const last = this.sent.at(-1);
    if (last?.role === 'assistant') {
      last.parts.push(...parts);
      return last;
    }
    const next: SentMessage = { role: 'assistant', parts };
    this.sent.push(next);
    return next;
  }

  envelope(envelope: Envelope): void {
    const message = this.answer();
    this.#envelopes.set(message, [...(this.#envelopes.get(message) ?? []), envelope]);
  }

  result(result: ToolResultPart): void {
    const last = this.sent.at(-1);
    if (last?.role === 'tool') last.results.push(result);
    else this.sent.push({ role: 'tool', results: [result] });
  }

  settle(): SentMessage[] {
    for (const message of this.sent)
      if (message.role === 'assistant')
        message.parts = settled(message.parts, this.#envelopes.get(message) ?? []);
    return this.sent;
  }
}

function readItem(item: Json, param: string, gathered: Gathered, names: ToolNames): void {
  switch (item.type ?? 'message') {
    case 'message':
      return readMessage(item, param, gathered);
    case 'reasoning':
      return readReasoning(item, param, gathered);
    case 'function_call':
      return void gathered.answer({
        type: 'tool-call',
        toolCallId: stringAt(item.call_id, `${param}.call_id`),
        name: calledName(item, param, names),
        args: stringAt(item.arguments, `${param}.arguments`) || '{}',
      });
    case 'custom_tool_call':
      return void gathered.answer({
        type: 'tool-call',
        toolCallId: stringAt(item.call_id, `${param}.call_id`),
        name: calledName(item, param, names),
        args: freeArguments(stringAt(item.input, `${param}.input`)),
      });
    case 'additional_tools':
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      return gathered.result(toolResult(item, param));
    case 'item_reference':
      return unsupported(`${param}.type`, 'nothing is stored here. Send the item itself.');
    default:
      return unsupported(`${param}.type`, `items of the type "${String(item.type)}" exist at OpenAI only.`);
  }
}

function readMessage({ role, content }: Json, param: string, gathered: Gathered): void {
  const path = `${param}.content`;
  if (role === 'assistant') {
    const text = textOf(content, path);
    if (text !== '') gathered.answer({ type: 'text', text });
  } else if (role === 'user') gathered.sent.push({ role, parts: userParts(content, path) });
  else if (role === 'system' || role === 'developer')
    gathered.sent.push({ role: 'user', parts: [systemWords(textOf(content, path))] });
  else malformed(`${param}.role`, 'user, assistant, system or developer');
}

/** A string, or parts of text. */
function textOf(content: unknown, param: string): string {
  if (typeof content === 'string') return content;
  const texts = objectsAt(content, param).map((part, index) => {
    if (part.type === 'refusal') return stringAt(part.refusal, `${param}[${index}].refusal`);
    if (!isText(part)) malformed(`${param}[${index}].type`, 'text');
    return stringAt(part.text, `${param}[${index}].text`);
  });
  return texts.join('');
}

function isText({ type }: Json): boolean {
  return type === 'input_text' || type === 'output_text' || type === 'text';
}

function userParts(content: unknown, param: string): UserPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return objectsAt(content, param).map((part, index) => userPart(part, `${param}[${index}]`));
}

function userPart(part: Json, param: string): UserPart {
  if (isText(part)) return { type: 'text', text: stringAt(part.text, `${param}.text`) };
  if (part.type === 'input_image') return imagePart(part, param);
  if (part.type === 'input_file') return filePart(part, param);
  return unsupported(`${param}.type`, `parts of the type "${String(part.type)}" exist at OpenAI only.`);
}

function imagePart(part: Json, param: string): ImagePart {
  if (typeof part.image_url !== 'string')
    unsupported(
      `${param}.file_id`,
      'files that are stored at one provider cannot be passed on. Send its data.',
    );
  const detail = optional(part.detail, `${param}.detail`, stringAt);
  return imageAt(part.image_url, `${param}.image_url`, detail === 'auto' ? undefined : detail);
}

function filePart(part: Json, param: string): UserPart {
  const name = optional(part.filename, `${param}.filename`, stringAt) ?? 'file';
  if (typeof part.file_url === 'string') return fileAtAddress(name, part.file_url, `${param}.file_url`);
  if (typeof part.file_data !== 'string')
    unsupported(
      `${param}.file_id`,
      'files that are stored at one provider cannot be passed on. Send it as file_data.',
    );
  const data = dataUrl(part.file_data) ?? malformed(`${param}.file_data`, 'a data URL');
  return fileAt(name, data.mediaType, data.data, `${param}.file_data`);
}

function toolResult(item: Json, param: string): ToolResultPart {
  const parts = typeof item.output === 'string' ? [] : objectsAt(item.output, `${param}.output`);
  const images: ImagePart[] = [];
  const texts = typeof item.output === 'string' ? [item.output] : [];
  parts.forEach((part, index) => {
    const path = `${param}.output[${index}]`;
    if (part.type === 'input_image') images.push(imagePart(part, path));
    else if (isText(part)) texts.push(stringAt(part.text, `${path}.text`));
    else unsupported(`${path}.type`, 'a result is passed on as text and images only.');
  });
  return {
    type: 'tool-result',
    toolCallId: stringAt(item.call_id, `${param}.call_id`),
    name: '',
    status: 'ok',
    text: texts.join('\n\n'),
    ...(images.length ? { images } : {}),
  };
}

/** Ours in its envelope, OpenAI's own as it is; one without encrypted content is known at OpenAI only. */
function readReasoning(item: Json, param: string, gathered: Gathered): void {
  const { encrypted_content: sealed } = item;
  const summary = optional(item.summary, `${param}.summary`, objectsAt) ?? [];
  const text = summary.map((part) => (typeof part.text === 'string' ? part.text : '')).join('\n\n');
  const envelope = openEnvelope(sealed);
  if (envelope && (envelope.of || envelope.at !== undefined)) gathered.envelope(envelope);
  else if (envelope) gathered.answer({ type: 'reasoning', text, capsule: envelope.capsule });
  else if (sealed && !isEnvelope(sealed)) gathered.answer({ type: 'reasoning', text, native: item });
  else if (text) gathered.answer({ type: 'reasoning', text });
}
