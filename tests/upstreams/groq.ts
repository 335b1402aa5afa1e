import { checkChat, commonRules } from './chat/check.ts';
import { chatEndpoint } from './chat/endpoint.ts';
import { chatUsage, type ChatStyle } from './chat/render.ts';
import type { CheckContext, Emulator, Reply } from './emulator.ts';
import { bearerKey, modelList } from './openai.ts';
import { refuse, Refusal, type Json } from './refusal.ts';
import { pieces } from './script.ts';

/**
 * api.groq.com: chat completions, stricter than OpenAI's (console.groq.com/docs/openai, /docs/reasoning): string content,
 * no message property that it does not know, efforts and formats of reasoning by model.
 */
export const groq: Emulator = {
  name: 'groq',
  endpoints: {
    '/openai/v1/chat/completions': chatEndpoint({ style: style(), check: checkGroq, errorBody }),
  },
  documents: (models) => ({ '/openai/v1/models': modelList(models) }),
  keyOf: bearerKey,
  errorBody,
  badKey: () => new Refusal('Invalid API Key', { status: 401, code: 'invalid_api_key' }),
  unknownModel: (model) =>
    new Refusal(`The model \`${model}\` does not exist or you do not have access to it.`, {
      status: 404,
      code: 'model_not_found',
    }),
};

const keys = [
  ...[
    'model',
    'messages',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_tokens',
    'max_completion_tokens',
  ],
  ...['temperature', 'top_p', 'n', 'stop', 'seed', 'stream', 'stream_options', 'reasoning_effort', 'user'],
  ...['reasoning_format', 'include_reasoning', 'response_format', 'presence_penalty', 'frequency_penalty'],
  'service_tier',
];

export function checkGroq(body: Json, { model, traits }: CheckContext): void {
  const rules = commonRules('groq', model);
  checkChat(body, {
    ...rules,
    keys,
    stringOnly: ['system', 'assistant', 'tool', ...(traits.images ? [] : ['user'])],
    unknownMessageKey: (index, role, key) =>
      refuse(
        `'messages.${index}' : for 'role:${role}' the following must be satisfied[('messages.${index}' : property '${key}' is unsupported)]`,
      ),
  });
  const { reasoning_effort: effort, reasoning_format: format } = body;
  if (effort !== undefined && !traits.efforts?.includes(String(effort)))
    refuse(
      traits.efforts
        ? `\`reasoning_effort\` must be one of \`${traits.efforts.join('`, `')}\``
        : '`reasoning_effort` is not supported with this model',
    );
  if (format === undefined) return;
  if (!traits.efforts?.includes('default')) refuse('`reasoning_format` is not supported with this model');
  if (body.tools && format === 'raw')
    refuse('`reasoning_format` must be `parsed` or `hidden` when using tools');
}

function style(): ChatStyle {
  return {
    idPrefix: 'chatcmpl-groq',
    wholeCalls: true,
    reasoningDeltas: (reply) => pieces(shown(reply)).map((reasoning) => ({ reasoning, channel: 'analysis' })),
    reasoningFields: (reply) => (shown(reply) ? { reasoning: shown(reply) } : {}),
    usage: (reply) => ({
      ...chatUsage(reply),
      queue_time: 0.001,
      prompt_time: 0.002,
      completion_time: 0.003,
      total_time: 0.005,
    }),
    usageChunks: (usage, base, finish, included) => {
      const ended = { ...finish, x_groq: { id: 'req_emulated', ...(included ? { usage } : {}) } };
      return included ? [ended, { ...base, choices: [], usage }] : [ended];
    },
  };
}

/** Hidden where the model was told not to think. */
function shown({ answer, asked }: Reply): string {
  const off = asked.body.reasoning_effort === 'none' || asked.body.reasoning_format === 'hidden';
  return off ? '' : (answer.reasoning ?? '');
}

function errorBody({ message, type, code }: Refusal): object {
  return { error: { message, type, ...(code ? { code } : {}) } };
}
