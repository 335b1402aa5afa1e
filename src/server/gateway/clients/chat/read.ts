import type { OutputFormat, RequestSettings } from '../../types.ts';
import { ToolNames } from '../client-tools.ts';
import type { ClientCall } from '../client-wire.ts';
import {
  assertKnown,
  booleanAt,
  given,
  malformed,
  numberAt,
  objectAt,
  optional,
  stringAt,
  stringsAt,
  tokensAt,
  unsupported,
  type Json,
} from '../fields.ts';
import { commonSettings, effortAt, namedSchema, verbosityAt } from '../settings.ts';
import { pairResults, transcriptOf } from '../transcript.ts';
import { readChatMessages } from './read-messages.ts';
import { readTools } from './read-tools.ts';

const read = [
  ...[
    'model',
    'messages',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_tokens',
    'max_completion_tokens',
  ],
  ...[
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'seed',
    'stream',
    'stream_options',
    'reasoning_effort',
    'reasoning',
  ],
  ...['user', 'safety_identifier', 'response_format', 'presence_penalty', 'frequency_penalty', 'verbosity'],
  ...['n', 'logprobs', 'top_logprobs', 'logit_bias', 'modalities'],
];
/** Speed, price and bookkeeping. */
const idle = [
  ...[
    'metadata',
    'store',
    'service_tier',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
  ],
  ...['prediction', 'include_reasoning', 'reasoning_format', 'usage'],
];
const refused = {
  audio: 'sound cannot be passed on to a model of another wire. Leave it out.',
  functions: 'it was replaced by tools. Send the functions there.',
  function_call: 'it was replaced by tool_choice. Say it there.',
  web_search_options: 'searching is a service of one provider. Give the model a tool that searches.',
};

/** `POST /v1/chat/completions` (platform.openai.com/docs/api-reference/chat, and OpenRouter's `reasoning`). */
export function readChat(value: unknown): ClientCall {
  const body = objectAt(value, 'body');
  assertKnown(body, read, idle, refused);
  assertOneText(body);
  const names = new ToolNames();
  const { system, sent } = readChatMessages(body.messages);
  pairResults(sent, 'messages');
  const stream = optional(body.stream, 'stream', booleanAt) ?? false;
  const options = optional(body.stream_options, 'stream_options', objectAt) ?? {};
  const endUser = optional(body.safety_identifier ?? body.user, 'user', stringAt) ?? null;
  return {
    wire: 'openai-chat',
    model: stringAt(body.model, 'model'),
    stream,
    includeUsage: stream && options.include_usage === true,
    endUser,
    system,
    ...readTools(body, names),
    clientTools: names.tools,
    settings: { ...readSettings(body), ...(endUser === null ? {} : { endUser }) },
    transcript: (target, recall) => transcriptOf(sent, 'openai-chat', target, recall),
    echo: {},
  };
}

/** One answer, of text: other forms of it exist only where they are passed through. */
function assertOneText({ n, logprobs, top_logprobs: top, logit_bias: bias, modalities }: Json): void {
  if (n !== undefined && n !== null && n !== 1)
    unsupported('n', 'only one answer can be made by a model of another wire. Ask several times.');
  if (logprobs === true || (typeof top === 'number' && top > 0))
    unsupported(
      logprobs === true ? 'logprobs' : 'top_logprobs',
      'a model of another wire gives no probabilities.',
    );
  if (bias && Object.keys(bias).length)
    unsupported('logit_bias', 'the tokens of another model are other ones. Leave it out.');
  if (Array.isArray(modalities) && modalities.some((name) => name !== 'text'))
    unsupported('modalities', 'a model of another wire answers with text only.');
}

function readSettings(body: Json): RequestSettings {
  const reasoning = optional(body.reasoning, 'reasoning', objectAt) ?? {};
  const off = reasoning.enabled === false ? ('off' as const) : undefined;
  return {
    ...commonSettings(body),
    ...given({
      maxTokens: optional(body.max_completion_tokens ?? body.max_tokens, 'max_completion_tokens', tokensAt),
      topK: optional(body.top_k, 'top_k', tokensAt),
      stop: optional(body.stop, 'stop', stringsAt),
      seed: optional(body.seed, 'seed', numberAt),
      frequencyPenalty: optional(body.frequency_penalty, 'frequency_penalty', numberAt),
      presencePenalty: optional(body.presence_penalty, 'presence_penalty', numberAt),
      parallelToolCalls: optional(body.parallel_tool_calls, 'parallel_tool_calls', booleanAt),
      reasoningEffort:
        off ??
        optional(body.reasoning_effort, 'reasoning_effort', effortAt) ??
        optional(reasoning.effort, 'reasoning.effort', effortAt),
      thinkingBudget: optional(reasoning.max_tokens, 'reasoning.max_tokens', tokensAt),
      verbosity: optional(body.verbosity, 'verbosity', verbosityAt),
      output: optional(body.response_format, 'response_format', outputAt),
    }),
  };
}

function outputAt(value: unknown, param: string): OutputFormat | undefined {
  const format = objectAt(value, param);
  if (format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  if (format.type !== 'json_schema') return malformed(`${param}.type`, 'text, json_object or json_schema');
  return namedSchema(objectAt(format.json_schema, `${param}.json_schema`), `${param}.json_schema`);
}
