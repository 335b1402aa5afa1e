import type { ImagePart, ToolResultPart, UserPart } from '#protocol/message.ts';
import { isEnvelope, openEnvelope, type Envelope } from '../envelope.ts';
import { malformed, objectAt, objectsAt, optional, stringAt, unsupported, type Json } from '../fields.ts';
import { base64At, fileAt, fileAtAddress, imageAt } from '../media.ts';
import { systemWords } from '../system-words.ts';
import { settled, type SentMessage, type SentPart } from '../transcript.ts';

/** A message of a person holds results and words: here they are two. */
export function readMessages(value: unknown): SentMessage[] {
  const messages = objectsAt(value, 'messages');
  if (!messages.length) malformed('messages', 'at least one message');
  return messages.flatMap((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage({ role, content }: Json, param: string): SentMessage[] {
  const path = `${param}.content`;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objectsAt(content, path);
  if (role === 'assistant') return [assistantMessage(blocks, path)];
  if (role === 'system') return [{ role: 'user', parts: [systemWords(textOf(content, path))] }];
  if (role !== 'user') malformed(`${param}.role`, 'user or assistant');
  const results: ToolResultPart[] = [];
  const parts: UserPart[] = [];
  blocks.forEach((block, index) => {
    if (block.type === 'tool_result') results.push(toolResult(block, `${path}[${index}]`));
    else parts.push(userPart(block, `${path}[${index}]`));
  });
  return [
    ...(results.length ? [{ role: 'tool' as const, results }] : []),
    ...(parts.length || !results.length ? [{ role: 'user' as const, parts }] : []),
  ];
}

/** A string, or blocks of text. */
export function textOf(value: unknown, param: string): string {
  if (typeof value === 'string') return value;
  const texts = objectsAt(value, param).map((block, index) => {
    if (block.type !== 'text') malformed(`${param}[${index}].type`, 'text');
    return stringAt(block.text, `${param}[${index}].text`);
  });
  return texts.join('\n\n');
}

function userPart(block: Json, param: string): UserPart {
  if (block.type === 'text') return { type: 'text', text: stringAt(block.text, `${param}.text`) };
  if (block.type === 'image') return imagePart(block, param);
  if (block.type === 'document') return documentPart(block, param);
  return unsupported(`${param}.type`, `blocks of the type "${String(block.type)}" reach Anthropic only.`);
}

function imagePart(block: Json, param: string): ImagePart {
  const source = objectAt(block.source, `${param}.source`);
  if (source.type === 'url')
    return imageAt(stringAt(source.url, `${param}.source.url`), `${param}.source.url`);
  if (source.type !== 'base64')
    unsupported(`${param}.source.type`, 'files that are stored at one provider cannot be passed on.');
  return {
    type: 'image',
    mediaType: stringAt(source.media_type, `${param}.source.media_type`),
    data: base64At(stringAt(source.data, `${param}.source.data`), `${param}.source.data`),
  };
}

function documentPart(block: Json, param: string): UserPart {
  const source = objectAt(block.source, `${param}.source`);
  const name = optional(block.title, `${param}.title`, stringAt) ?? 'document';
  const path = `${param}.source.data`;
  if (source.type === 'text') {
    const data = Buffer.from(stringAt(source.data, path)).toString('base64');
    return { type: 'file', name, mediaType: 'text/plain', data };
  }
  if (source.type === 'content')
    return { type: 'text', text: textOf(source.content, `${param}.source.content`) };
  if (source.type === 'url')
    return fileAtAddress(name, stringAt(source.url, `${param}.source.url`), `${param}.source.url`);
  if (source.type !== 'base64')
    unsupported(`${param}.source.type`, 'files that are stored at one provider cannot be passed on.');
  return fileAt(
    name,
    stringAt(source.media_type, `${param}.source.media_type`),
    stringAt(source.data, path),
    path,
  );
}

function toolResult(block: Json, param: string): ToolResultPart {
  const { content } = block;
  const listed = Array.isArray(content) ? objectsAt(content, `${param}.content`) : [];
  const images: ImagePart[] = [];
  const texts = typeof content === 'string' ? [content] : [];
  listed.forEach((part, index) => {
    const path = `${param}.content[${index}]`;
    if (part.type === 'image') images.push(imagePart(part, path));
    else if (part.type === 'text') texts.push(stringAt(part.text, `${path}.text`));
    else unsupported(`${path}.type`, `results of the type "${String(part.type)}" reach Anthropic only.`);
  });
  return {
    type: 'tool-result',
    toolCallId: stringAt(block.tool_use_id, `${param}.tool_use_id`),
    name: '',
    status: block.is_error === true ? 'error' : 'ok',
    text: texts.join('\n\n'),
    ...(images.length ? { images } : {}),
  };
}

function assistantMessage(blocks: Json[], path: string): SentMessage {
  const envelopes: Envelope[] = [];
  const parts = blocks.flatMap((block, index): SentPart[] => {
    const param = `${path}[${index}]`;
    switch (block.type) {
      case 'text':
        return [{ type: 'text', text: stringAt(block.text, `${param}.text`) }];
      case 'tool_use':
        return [toolCall(block, param)];
      case 'thinking':
      case 'redacted_thinking':
        return reasoning(block, envelopes);
      default:
        return unsupported(
          `${param}.type`,
          `blocks of the type "${String(block.type)}" reach Anthropic only.`,
        );
    }
  });
  return { role: 'assistant', parts: settled(parts, envelopes) };
}

function toolCall(block: Json, param: string): SentPart {
  return {
    type: 'tool-call',
    toolCallId: stringAt(block.id, `${param}.id`),
    name: stringAt(block.name, `${param}.name`),
    args: JSON.stringify(objectAt(block.input ?? {}, `${param}.input`)),
  };
}

/** Ours in their envelopes, Anthropic's own as they are, and what has no signature for its text. */
function reasoning(block: Json, envelopes: Envelope[]): SentPart[] {
  const sealed = block.type === 'thinking' ? block.signature : block.data;
  const text = typeof block.thinking === 'string' ? block.thinking : '';
  const envelope = openEnvelope(sealed);
  if (envelope && (envelope.of || envelope.at !== undefined)) {
    envelopes.push(envelope);
    return [];
  }
  if (envelope) return [{ type: 'reasoning', text, capsule: envelope.capsule }];
  if (isEnvelope(sealed) || !sealed) return text ? [{ type: 'reasoning', text }] : [];
  return [{ type: 'reasoning', text, native: block }];
}
