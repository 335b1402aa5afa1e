import { checkChat, commonRules } from './chat/check.ts';
import { chatEndpoint } from './chat/endpoint.ts';
import { chatUsage, usageLast, type ChatStyle } from './chat/render.ts';
import type { CheckContext, Emulator } from './emulator.ts';
import { bearerKey } from './openai.ts';
import { refuse, Refusal, type Json } from './refusal.ts';
import { pieces } from './script.ts';

/**
 * An OpenAI-compatible server on this machine, such as Ollama: no key, models found by asking, reasoning as
 * `reasoning_content`. By the name of the model it also keeps the rules of Mistral (ids of nine characters, the order
 * of roles) and of Kimi and DeepSeek with thinking (`reasoning_content` on every answer).
 */
export const compatible: Emulator = {
  name: 'compatible',
  endpoints: { '/v1/chat/completions': chatEndpoint({ style: style(), check: checkCompatible, errorBody }) },
  documents: (models, windows) => ({
    '/v1/models': { data: models.map((id) => ({ id, object: 'model', max_model_len: windows.get(id) })) },
    '/api/ps': { models: [] },
    '/api/version': { version: '0.13.0' },
    '/api/tags': {
      models: models.map((name) => ({
        name,
        model: name,
        size: 1,
        details: { family: 'emulated', parameter_size: '8B' },
      })),
    },
  }),
  keyOf: bearerKey,
  errorBody,
  badKey: () => new Refusal('invalid api key', { status: 401, type: 'authentication_error' }),
  unknownModel: (model) =>
    new Refusal(`model '${model}' not found`, { status: 404, type: 'not_found_error' }),
};

function checkCompatible(body: Json, { model, traits }: CheckContext): void {
  const rules = commonRules('compatible', model);
  const { assistant = [] } = rules.messageKeys;
  checkChat(body, {
    ...rules,
    messageKeys: { ...rules.messageKeys, assistant: [...assistant, 'reasoning_content'] },
    maxIdLength: 256,
  });
  if (traits.tools === false) checkWithoutTools(body);
  if (traits.callIds === 'mistral') checkMistralOrder(body.messages as Json[]);
  for (const message of body.messages as Json[]) {
    const calls = (message.tool_calls ?? []) as Json[];
    if (traits.callIds === 'mistral' && calls.some(({ id }) => !/^[A-Za-z0-9]{9}$/.test(String(id))))
      refuse('Tool call id has to be defined in the format of a-z, A-Z, 0-9, with a length of 9.');
    const { reasoning_content: reasoning } = message;
    if (traits.callIds === 'mistral' && reasoning !== undefined)
      refuse('Extra inputs are not permitted: reasoning_content');
    if (
      traits.wantsReasoningContent &&
      message.role === 'assistant' &&
      !(typeof reasoning === 'string' && reasoning.trim())
    )
      refuse('thinking is enabled but reasoning_content is missing in assistant tool call message');
  }
}

/** Mistral's own API and its templates: code 3230, `invalid_request_message_order`. */
function checkMistralOrder(messages: readonly Json[]): void {
  for (const [at, { role }] of messages.entries()) {
    const before = messages[at - 1]?.role;
    if (role === 'user' && (before === 'tool' || before === 'user'))
      refuse(`Unexpected role 'user' after role '${before}'`);
    const { tool_calls: calls } = messages[at - 1] ?? {};
    if (role === 'assistant' && before === 'assistant' && calls === undefined)
      refuse("Unexpected role 'assistant' after role 'assistant'");
  }
}

/** A template that knows two roles, such as Gemma 2's, behind vLLM or Ollama. */
function checkWithoutTools({ model, tools, messages }: Json): void {
  if (tools !== undefined) refuse(`registry.ollama.ai/library/${String(model)} does not support tools`);
  for (const [at, message] of (messages as Json[]).entries()) {
    const { role, tool_calls: calls, reasoning_content: reasoning } = message;
    if (role === 'system') refuse('System role not supported');
    if (role !== (at % 2 ? 'assistant' : 'user') || calls !== undefined)
      refuse('Conversation roles must alternate user/assistant/user/assistant/...');
    if (reasoning !== undefined) refuse('Extra inputs are not permitted: reasoning_content');
  }
}

function style(): ChatStyle {
  return {
    idPrefix: 'chatcmpl-',
    reasoningDeltas: ({ answer }) =>
      pieces(answer.reasoning ?? '').map((text) => ({ reasoning_content: text })),
    reasoningFields: ({ answer }) => (answer.reasoning ? { reasoning_content: answer.reasoning } : {}),
    usage: chatUsage,
    usageChunks: usageLast,
  };
}

function errorBody({ message, type, param, code }: Refusal): object {
  return { error: { message, type, param, code } };
}
