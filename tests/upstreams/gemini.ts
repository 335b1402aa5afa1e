import { callIds } from './chat/call-ids.ts';
import { checkChat, commonRules } from './chat/check.ts';
import { chatEndpoint } from './chat/endpoint.ts';
import { chatUsage, usageLast, type ChatStyle } from './chat/render.ts';
import { checkEffort } from './effort.ts';
import type { CheckContext, Emulator, Reply } from './emulator.ts';
import { bearerKey, modelList } from './openai.ts';
import { isObject, refuse, Refusal, unknownKey, type Json } from './refusal.ts';
import { decrypt, encrypt } from './seal.ts';

/**
 * Google's OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai, /docs/thought-signatures): chat completions
 * whose calls and texts carry `extra_content.google.thought_signature`. Gemini 3 wants that of the first call of each
 * message of the turn back; a placeholder is taken for calls that it did not make.
 */
export const gemini: Emulator = {
  name: 'gemini',
  endpoints: {
    '/v1beta/openai/chat/completions': chatEndpoint({ style: style(), check: checkGemini, errorBody }),
  },
  documents: (models) => ({ '/v1beta/openai/models': modelList(models.map((id) => `models/${id}`)) }),
  keyOf: bearerKey,
  errorBody,
  badKey: () =>
    new Refusal('API key not valid. Please pass a valid API key.', { status: 400, type: 'INVALID_ARGUMENT' }),
  unknownModel: (model) =>
    new Refusal(`models/${model} is not found for API version v1main, or is not supported.`, {
      status: 404,
      type: 'NOT_FOUND',
    }),
};

const placeholder = 'skip_thought_signature_validator';

const keys = [
  ...[
    'model',
    'messages',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_tokens',
    'temperature',
    'top_p',
  ],
  ...[
    'max_completion_tokens',
    'n',
    'stop',
    'stream',
    'stream_options',
    'reasoning_effort',
    'response_format',
  ],
  ...['extra_body', 'user', 'seed'],
];

function checkGemini(body: Json, context: CheckContext): void {
  const key = unknownKey(body, keys);
  if (key) refuse(`Invalid JSON payload received. Unknown name "${key}": Cannot find field.`);
  const rules = commonRules('gemini', context.model);
  const { assistant = [] } = rules.messageKeys;
  checkChat(body, {
    ...rules,
    messageKeys: { ...rules.messageKeys, assistant: [...assistant, 'extra_content'] },
    callKeys: ['extra_content'],
    maxIdLength: 256,
  });
  checkEffort(body.reasoning_effort, context.model, context.traits.efforts ?? [], 'reasoning_effort');
  const messages = body.messages as Json[];
  for (const [at, { tool_calls: calls }] of messages.entries())
    if (calls !== undefined && messages[at - 1]?.role === 'assistant')
      refuse(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
  const turn = messages.findLastIndex(({ role }) => role === 'user');
  messages.forEach((message, index) => checkSignatures(message, index, index > turn, context));
}

/** Words of the person that only carry the images of results do not begin a turn for the check: they end it for Google too. */
function checkSignatures(message: Json, index: number, isOpen: boolean, context: CheckContext): void {
  const calls = (message.tool_calls ?? []) as Json[];
  for (const holder of [message, ...calls]) checkSignature(signatureOf(holder), context);
  const [first] = calls;
  if (!first || !isOpen || /gemini-[12]\b/.test(context.model)) return;
  const signature = signatureOf(first);
  const { name } = first.function as { name: string };
  if (signature === undefined)
    refuse(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  // Stricter than Google: what it signed itself must come back.
  if (signature === placeholder && context.issued.isCallOf(String(first.id), context.model))
    refuse(`The thought_signature of the function call \`default_api:${name}\` was replaced.`);
}

function signatureOf({ extra_content: extra }: Json): unknown {
  return isObject(extra) && isObject(extra.google) ? extra.google.thought_signature : undefined;
}

function checkSignature(signature: unknown, { provider, model }: CheckContext): void {
  if (signature === undefined || signature === placeholder) return;
  if (decrypt(signature, provider, model) === null) refuse('Corrupted thought signature.');
}

function style(): ChatStyle {
  return {
    idPrefix: 'gemini-',
    wholeCalls: true,
    // All calls of a stream have the index 0 and come one after the other.
    callIndex: () => 0,
    reasoningDeltas: () => [],
    reasoningFields: () => ({}),
    textFields: (reply) => (reply.answer.calls?.length ? {} : signed(reply, 'text')),
    callFields: (reply, index) => (index === 0 ? signed(reply, 'call') : {}),
    usage: chatUsage,
    usageChunks: usageLast,
  };
}

/** Parallel calls have one signature, at the first; an answer without calls has it at its text. */
function signed(reply: Reply, what: string): object {
  const { provider, model, number } = reply.asked;
  const [id = ''] = callIds(reply);
  const signature = encrypt(provider, model, `${what}:${number}:${id}`);
  return { extra_content: { google: { thought_signature: signature } } };
}

/** An array with one error. */
function errorBody({ message, status, type }: Refusal): unknown {
  const named = type === 'invalid_request_error' ? 'INVALID_ARGUMENT' : type;
  return [{ error: { code: status, message, status: named } }];
}
