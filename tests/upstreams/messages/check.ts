import type { CheckContext } from '../emulator.ts';
import { isObject, objects, refuse, unknownKey, type Json } from '../refusal.ts';
import { blocksOf, checkContent } from './content.ts';
import { checkToolPairs } from './pairs.ts';
import { checkThinking } from './thinking.ts';
import { checkOutputConfig } from '../output-format.ts';

const keys = [
  ...[
    'model',
    'messages',
    'max_tokens',
    'system',
    'tools',
    'tool_choice',
    'temperature',
    'top_p',
    'top_k',
    'stream',
  ],
  ...[
    'stop_sequences',
    'thinking',
    'output_config',
    'metadata',
    'service_tier',
    'context_management',
    'container',
  ],
];

/** What `POST /v1/messages` refuses. */
export function checkMessagesBody(body: Json, context: CheckContext): void {
  const key = unknownKey(body, keys);
  if (key) refuse(`${key}: Extra inputs are not permitted`);
  checkMaxTokens(body, context);
  const messages = objects(body.messages, () => refuse('messages: Input should be a valid list'));
  if (!messages.length) refuse('messages: at least one message is required');
  if (body.system !== undefined) checkSystem(body.system);
  messages.forEach((message, index) => checkMessage(message, index, messages.length, context));
  if (messages[0]?.role !== 'user') refuse('messages: first message must use the "user" role');
  checkToolPairs(messages);
  checkLastMessage(messages, context);
  if (body.tools !== undefined) checkTools(body.tools);
  else if (body.tool_choice !== undefined)
    refuse('tool_choice: Tools must be provided when using tool_choice');
  checkBreakpoints(body, messages);
  checkOutputConfig(body.output_config);
  checkThinking(body, messages, context);
}

function checkMaxTokens({ max_tokens: maxTokens }: Json, { model, traits }: CheckContext): void {
  if (maxTokens === undefined) refuse('max_tokens: Field required');
  if (typeof maxTokens !== 'number' || !Number.isInteger(maxTokens) || maxTokens < 1)
    refuse('max_tokens: Input should be greater than or equal to 1');
  if (maxTokens > traits.maxOutput)
    refuse(
      `max_tokens: ${maxTokens} > ${traits.maxOutput}, which is the maximum allowed number of output tokens for ${model}`,
    );
}

function checkSystem(system: unknown): void {
  if (typeof system === 'string') return;
  const blocks = objects(system, () => refuse('system: Input should be a valid list'));
  blocks.forEach((block, index) => {
    const key = unknownKey(block, ['type', 'text', 'cache_control', 'citations']);
    if (block.type !== 'text')
      refuse(
        `system.${index}: Input tag '${String(block.type)}' found using 'type' does not match any of the expected tags: 'text'`,
      );
    if (key) refuse(`system.${index}.text.${key}: Extra inputs are not permitted`);
    if (typeof block.text !== 'string' || block.text === '')
      refuse('system: text content blocks must be non-empty');
  });
}

function checkMessage(message: Json, index: number, count: number, context: CheckContext): void {
  const key = unknownKey(message, ['role', 'content']);
  if (key) refuse(`messages.${index}.${key}: Extra inputs are not permitted`);
  const { role } = message;
  if (role !== 'user' && role !== 'assistant')
    refuse(
      `messages: Unexpected role "${String(role)}". The Messages API accepts a top-level \`system\` parameter, not "system" as an input message role.`,
    );
  const isLast = index === count - 1;
  checkContent(message, index, isLast, context);
}

/** An answer that is already begun: newer models take none, and nobody takes one that ends in white space. */
function checkLastMessage(messages: readonly Json[], { traits }: CheckContext): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return;
  if (traits.noPrefill)
    refuse(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  const block = blocksOf(last).at(-1);
  if (block?.type === 'text' && /\s$/.test(String(block.text)))
    refuse('messages: final assistant content cannot end with trailing whitespace');
}

function checkTools(value: unknown): void {
  const tools = objects(value, () => refuse('tools: Input should be a valid list'));
  tools.forEach((tool, index) => {
    const path = `tools.${index}.custom`;
    const known = ['type', 'name', 'description', 'input_schema', 'cache_control', 'strict'];
    const key = unknownKey(tool, [...known, 'eager_input_streaming']);
    if (key) refuse(`${path}.${key}: Extra inputs are not permitted`);
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name)))
      refuse(`${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (!isObject(tool.input_schema)) refuse(`${path}.input_schema: Field required`);
    if (tool.input_schema.type !== 'object') refuse(`${path}.input_schema.type: Input should be 'object'`);
  });
  const names = tools.map(({ name }) => name);
  if (new Set(names).size < names.length) refuse('tools: Tool names must be unique.');
}

function checkBreakpoints({ system, tools, cache_control: own }: Json, messages: readonly Json[]): void {
  const lists = [system, tools, ...messages.map(({ content }) => content)];
  const blocks = lists.flatMap((list) => (Array.isArray(list) ? (list as Json[]) : []));
  const marked = blocks.filter((block) => block.cache_control !== undefined);
  const count = marked.length + (own === undefined ? 0 : 1);
  if (count > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${count}.`);
  for (const { cache_control: control, type } of marked) {
    if (!isObject(control) || control.type !== 'ephemeral')
      refuse("cache_control: Input should be 'ephemeral'");
    if (type === 'thinking' || type === 'redacted_thinking')
      refuse('cache_control: Extra inputs are not permitted');
  }
}
