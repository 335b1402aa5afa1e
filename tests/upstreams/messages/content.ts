import type { CheckContext } from '../emulator.ts';
import { isObject, objects, refuse, unknownKey, type Json } from '../refusal.ts';
import { decrypt, isSignedBy } from '../seal.ts';

const blockTypes: Record<string, readonly string[]> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'tool_use', 'thinking', 'redacted_thinking'],
};

const blockKeys: Record<string, readonly string[]> = {
  text: ['type', 'text', 'cache_control', 'citations'],
  image: ['type', 'source', 'cache_control'],
  document: ['type', 'source', 'title', 'context', 'citations', 'cache_control'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
};

export function blocksOf({ content }: Json): Json[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as Json[]);
}

export function checkContent(message: Json, index: number, isLast: boolean, context: CheckContext): void {
  const { role, content } = message;
  const path = `messages.${index}`;
  if (content === '' || (Array.isArray(content) && !content.length)) {
    if (isLast && role === 'assistant') return;
    refuse(
      `${path}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  if (typeof content !== 'string')
    objects(content, () => refuse(`${path}.content: Input should be a valid list`));
  blocksOf(message).forEach((block, position) =>
    checkBlock(block, `${path}.content.${position}`, String(role), context),
  );
}

function checkBlock(block: Json, path: string, role: string, context: CheckContext): void {
  const type = String(block.type);
  const known = blockKeys[type];
  if (!known)
    refuse(
      `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${Object.keys(
        blockKeys,
      )
        .map((name) => `'${name}'`)
        .join(', ')}`,
    );
  if (!blockTypes[role]?.includes(type))
    refuse(`messages: \`${type}\` blocks are not permitted in \`${role}\` messages`);
  const key = unknownKey(block, known);
  if (key) refuse(`${path}.${type}.${key}: Extra inputs are not permitted`);
  checkers[type]?.(block, path, context);
}

const checkers: Record<string, (block: Json, path: string, context: CheckContext) => void> = {
  text(block) {
    if (typeof block.text !== 'string' || block.text === '')
      refuse('messages: text content blocks must be non-empty');
    if (block.text.trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
  },
  image: checkImage,
  tool_use(block, path) {
    checkId(block.id, `${path}.tool_use.id`);
    if (!/^[a-zA-Z0-9_-]{1,200}$/.test(String(block.name)))
      refuse(`${path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`);
    if (!isObject(block.input)) refuse(`${path}.tool_use.input: Input should be a valid dictionary`);
  },
  tool_result(block, path) {
    checkId(block.tool_use_id, `${path}.tool_result.tool_use_id`);
    checkResult(block, path);
  },
  thinking(block, path, { provider, model }) {
    if (typeof block.thinking !== 'string') refuse(`${path}.thinking.thinking: Field required`);
    if (block.signature === undefined) refuse(`${path}.thinking.signature: Field required`);
    if (!isSignedBy(block.signature, provider, model, block.thinking))
      refuse(`${path}: Invalid \`signature\` in \`thinking\` block`);
  },
  redacted_thinking(block, path, { provider, model }) {
    if (decrypt(block.data, provider, model) === null)
      refuse(`${path}: Invalid \`data\` in \`redacted_thinking\` block`);
  },
};

function checkId(id: unknown, path: string): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(String(id))) refuse(`${path}: String should match pattern '^[a-zA-Z0-9_-]+$'`);
}

function checkImage({ source }: Json, path: string): void {
  if (!isObject(source)) refuse(`${path}.image.source: Field required`);
  if (source.type === 'url') return;
  if (source.type !== 'base64')
    refuse(`${path}.image.source: Input tag '${String(source.type)}' is not expected`);
  if (!/^image\/(jpeg|png|gif|webp)$/.test(String(source.media_type)))
    refuse(
      `${path}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    );
  if (!/^[A-Za-z0-9+/]+=*$/.test(String(source.data)))
    refuse(`${path}.image.source.base64: invalid base64 data`);
}

function checkResult({ content, is_error: failed }: Json, path: string): void {
  if (content === undefined || typeof content === 'string') return;
  const blocks = objects(content, () => refuse(`${path}.tool_result.content: Input should be a valid list`));
  blocks.forEach((block, index) => {
    const type = String(block.type);
    if (type !== 'text' && type !== 'image')
      refuse(`${path}.tool_result.content.${index}: Input tag '${type}' is not expected`);
    if (failed === true && type !== 'text')
      refuse(`${path}.tool_result: all content must be type "text" if "is_error" is true`);
    if (type === 'text' && !block.text) refuse('messages: text content blocks must be non-empty');
    if (type === 'image') checkImage(block, `${path}.tool_result.content.${index}`);
  });
}
