import type { ModelRequest, RequestSettings, ToolDefinition } from '../../types.ts';
import type { ClientCall } from '../client-wire.ts';
import {
  assertKnown,
  booleanAt,
  given,
  isObject,
  malformed,
  objectAt,
  objectsAt,
  optional,
  stringAt,
  stringsAt,
  tokensAt,
  unsupported,
  type Json,
} from '../fields.ts';
import { commonSettings, effortAt, knownTool, noBuiltIn, toolAt } from '../settings.ts';
import { pairResults, transcriptOf } from '../transcript.ts';
import { readMessages, textOf } from './read-messages.ts';

const read = [
  ...['model', 'messages', 'system', 'max_tokens', 'tools', 'tool_choice', 'temperature', 'top_p', 'top_k'],
  ...['stop_sequences', 'stream', 'thinking', 'output_config', 'output_format', 'metadata'],
];
/** Speed, price and bookkeeping. */
const idle = [
  ...['service_tier', 'cache_control', 'inference_geo', 'speed', 'diagnostics', 'betas'],
  // Takes old thoughts and results out of long contexts; coding agents send it always.
  'context_management',
];
const refused = {
  container: 'containers run at Anthropic only. Leave it out.',
  mcp_servers: 'they are called by Anthropic only. Give the model their tools.',
};

/** `POST /v1/messages` (docs.claude.com/en/api/messages). */
export function readMessagesCall(value: unknown): ClientCall {
  const body = objectAt(value, 'body');
  assertKnown(body, read, idle, refused);
  const sent = pairResults(readMessages(body.messages), 'messages');
  if (sent.at(-1)?.role === 'assistant')
    unsupported(
      'messages',
      'a model of another wire cannot go on with an answer that is begun. End with the user.',
    );
  const metadata = optional(body.metadata, 'metadata', objectAt) ?? {};
  const endUser = optional(metadata.user_id, 'metadata.user_id', stringAt) ?? null;
  return {
    wire: 'anthropic-messages',
    model: stringAt(body.model, 'model'),
    stream: optional(body.stream, 'stream', booleanAt) ?? false,
    includeUsage: true,
    endUser,
    system: optional(body.system, 'system', textOf) ?? '',
    ...readTools(body),
    clientTools: new Map(),
    settings: { ...readSettings(body), ...(endUser === null ? {} : { endUser }) },
    transcript: (target) => transcriptOf(sent, 'anthropic-messages', target),
    echo: {},
  };
}

function readSettings(body: Json): RequestSettings {
  const config = optional(body.output_config, 'output_config', objectAt) ?? {};
  const format = optional(config.format ?? body.output_format, 'output_config.format', objectAt);
  const choice = isObject(body.tool_choice) ? body.tool_choice : {};
  return {
    ...commonSettings(body),
    maxTokens: tokensAt(body.max_tokens, 'max_tokens'),
    ...readThinking(body, optional(config.effort, 'output_config.effort', effortAt)),
    ...given({
      topK: optional(body.top_k, 'top_k', tokensAt),
      stop: optional(body.stop_sequences, 'stop_sequences', stringsAt),
      parallelToolCalls: choice.disable_parallel_tool_use === true ? false : undefined,
      output: format && outputOf(format),
    }),
  };
}

/** `between_tools` is how much is thought, not whether; a budget without an effort stands for the nearest one. */
function readThinking(body: Json, effort: RequestSettings['reasoningEffort']): RequestSettings {
  const thinking = optional(body.thinking, 'thinking', objectAt);
  if (!thinking) return effort ? { reasoningEffort: effort } : {};
  if (thinking.type === 'disabled') return { reasoningEffort: 'off' };
  if (thinking.type !== 'enabled') return { reasoningEffort: effort ?? 'high' };
  const budget = tokensAt(thinking.budget_tokens, 'thinking.budget_tokens');
  return { reasoningEffort: effort ?? effortOf(budget), thinkingBudget: budget };
}

function effortOf(budget: number): 'low' | 'medium' | 'high' {
  if (budget <= 4_096) return 'low';
  return budget <= 16_384 ? 'medium' : 'high';
}

/** The wire gives a schema no name; others want one. */
function outputOf(format: Json): RequestSettings['output'] {
  if (format.type !== 'json_schema') return malformed('output_config.format.type', 'json_schema');
  return {
    type: 'json-schema',
    name: 'answer',
    schema: objectAt(format.schema, 'output_config.format.schema'),
    strict: true,
  };
}

function readTools(body: Json): { tools: ToolDefinition[]; toolChoice?: ModelRequest['toolChoice'] & {} } {
  const tools = (optional(body.tools, 'tools', objectsAt) ?? []).map((tool, index) => {
    const param = `tools[${index}]`;
    if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom')
      noBuiltIn(tool.type, `${param}.type`);
    return toolAt(tool, tool.input_schema, param);
  });
  const choice = optional(body.tool_choice, 'tool_choice', objectAt);
  if (!choice) return { tools };
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { tools, toolChoice: choice.type };
    case 'any':
      return { tools, toolChoice: 'required' };
    case 'tool':
      return {
        tools,
        toolChoice: knownTool(tools, stringAt(choice.name, 'tool_choice.name'), 'tool_choice'),
      };
    default:
      return malformed('tool_choice.type', 'auto, none, any or tool');
  }
}
