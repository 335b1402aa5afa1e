import { checkChat, commonRules } from './chat/check.ts';
import { chatEndpoint } from './chat/endpoint.ts';
import { chatUsage, noReasoning, usageLast } from './chat/render.ts';
import { checkEffort } from './effort.ts';
import type { CheckContext, Emulator, Headers } from './emulator.ts';
import { refuse, Refusal, type Json } from './refusal.ts';
import { responsesEndpoint } from './responses/endpoint.ts';

/**
 * api.openai.com: chat completions and responses.
 * Sources: platform.openai.com/docs/api-reference, the types of the `openai` package, and the error texts that users
 * quote in public issues (references of docs/adding-a-provider.md).
 */
export const openai: Emulator = {
  name: 'openai',
  endpoints: {
    '/v1/chat/completions': chatEndpoint({
      style: { idPrefix: 'chatcmpl-', ...noReasoning, usage: chatUsage, usageChunks: usageLast },
      check: checkOpenAiChat,
      errorBody: openAiError,
    }),
    '/v1/responses': responsesEndpoint,
  },
  documents: (models) => ({ '/v1/models': modelList(models) }),
  keyOf: bearerKey,
  errorBody: openAiError,
  badKey: (given) =>
    new Refusal(
      given === null
        ? "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        : `Incorrect API key provided: ${given}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { status: 401, code: 'invalid_api_key' },
    ),
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
  ...[
    'response_format',
    'presence_penalty',
    'frequency_penalty',
    'logit_bias',
    'metadata',
    'store',
    'service_tier',
  ],
  ...['prompt_cache_key', 'safety_identifier', 'verbosity'],
];

export function checkOpenAiChat(body: Json, { model, traits }: CheckContext): void {
  if (traits.responsesOnly)
    refuse('This model is only supported in v1/responses and not in v1/chat/completions.', {
      status: 404,
      param: 'model',
    });
  checkChat(body, { ...commonRules('openai', model), keys });
  checkReasoningParameters(body, model, traits.reasoning, traits.efforts ?? []);
}

function checkReasoningParameters(
  body: Json,
  model: string,
  reasons: boolean,
  efforts: readonly string[],
): void {
  const { max_tokens: maxTokens, temperature, reasoning_effort: effort } = body;
  if (!reasons) {
    if (effort !== undefined)
      refuse('Unrecognized request argument supplied: reasoning_effort', { param: 'reasoning_effort' });
    return;
  }
  if (maxTokens !== undefined)
    refuse(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      {
        code: 'unsupported_parameter',
        param: 'max_tokens',
      },
    );
  if (temperature !== undefined && temperature !== 1)
    refuse(
      `Unsupported value: 'temperature' does not support ${String(temperature)} with this model. Only the default (1) value is supported.`,
      {
        code: 'unsupported_value',
        param: 'temperature',
      },
    );
  checkEffort(effort, model, efforts, 'reasoning_effort');
}

export function openAiError({ message, type, param, code }: Refusal): object {
  return { error: { message, type, param, code } };
}

export function bearerKey(headers: Headers): string | null {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
}

export function modelList(models: readonly string[]): object {
  return {
    object: 'list',
    data: models.map((id) => ({ id, object: 'model', created: 1_764_000_000, owned_by: 'system' })),
  };
}
