import type { OutputFormat, RequestSettings } from '../../types.ts';
import { ToolNames } from '../client-tools.ts';
import type { ClientCall } from '../client-wire.ts';
import {
  assertKnown,
  booleanAt,
  given,
  malformed,
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
import { echoOf } from './echo.ts';
import { readInput } from './read-input.ts';
import { readTools } from './read-tools.ts';

const read = [
  ...['model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_output_tokens'],
  ...['temperature', 'top_p', 'reasoning', 'text', 'stream', 'user', 'safety_identifier', 'include'],
  ...['background', 'top_logprobs', 'metadata'],
];
/** Speed, price and bookkeeping; `max_tool_calls` counts tools that run at OpenAI. */
const idle = [
  ...[
    'store',
    'service_tier',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'truncation',
  ],
  ...['stream_options', 'max_tool_calls', 'client_metadata'],
];
const stored = 'nothing is stored here. Send the whole conversation as "input".';
const refused = { previous_response_id: stored, conversation: stored, prompt: stored };

/** `POST /v1/responses` (platform.openai.com/docs/api-reference/responses). */
export function readResponses(value: unknown): ClientCall {
  const body = objectAt(value, 'body');
  assertKnown(body, read, idle, refused);
  assertPlain(body);
  const instructions = optional(body.instructions, 'instructions', stringAt) ?? '';
  const names = new ToolNames();
  const tools = readTools(body, names);
  const { system, sent } = readInput(body.input, names);
  pairResults(sent, 'input');
  const endUser = optional(body.safety_identifier ?? body.user, 'safety_identifier', stringAt) ?? null;
  return {
    wire: 'openai-responses',
    model: stringAt(body.model, 'model'),
    stream: optional(body.stream, 'stream', booleanAt) ?? false,
    includeUsage: true,
    endUser,
    system: [instructions, system].filter(Boolean).join('\n\n'),
    ...tools,
    clientTools: names.tools,
    settings: { ...readSettings(body), ...(endUser === null ? {} : { endUser }) },
    transcript: (target) => transcriptOf(sent, 'openai-responses', target),
    echo: echoOf(body),
  };
}

function assertPlain({ background, top_logprobs: top, include }: Json): void {
  if (background === true) unsupported('background', stored);
  if (typeof top === 'number' && top > 0)
    unsupported('top_logprobs', 'a model of another wire gives no probabilities.');
  if ((optional(include, 'include', stringsAt) ?? []).includes('message.output_text.logprobs'))
    unsupported('include', 'a model of another wire gives no probabilities.');
}

function readSettings(body: Json): RequestSettings {
  const reasoning = optional(body.reasoning, 'reasoning', objectAt) ?? {};
  const text = optional(body.text, 'text', objectAt) ?? {};
  return {
    ...commonSettings(body),
    ...given({
      maxTokens: optional(body.max_output_tokens, 'max_output_tokens', tokensAt),
      parallelToolCalls: optional(body.parallel_tool_calls, 'parallel_tool_calls', booleanAt),
      reasoningEffort: optional(reasoning.effort, 'reasoning.effort', effortAt),
      verbosity: optional(text.verbosity, 'text.verbosity', verbosityAt),
      output: optional(text.format, 'text.format', outputAt),
    }),
  };
}

function outputAt(value: unknown, param: string): OutputFormat | undefined {
  const format = objectAt(value, param);
  if (format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json' };
  if (format.type !== 'json_schema') return malformed(`${param}.type`, 'text, json_object or json_schema');
  return namedSchema(format, param);
}
