import type { Dialect, ModelRequest, OutputFormat, ToolChoice } from '../types.ts';
import type { ChatReasoning } from './chat-reasoning.ts';
import { endUserId } from './end-user.ts';
import { canBeStrict } from './strict-schema.ts';

/** How the answer is to be made, in the words of chat completions. */
export function chatSettings(
  request: ModelRequest,
  dialect: Dialect,
  reasoning: ChatReasoning,
): Record<string, unknown> {
  const { temperature, topP, maxTokens, stream: streams = true, ...others } = request.settings;
  const { stop, seed, frequencyPenalty, presencePenalty, output, endUser } = others;
  const takesTemperature = request.target.capabilities.temperature;
  return {
    ...(maxTokens ? { [dialect.maxTokensField ?? 'max_tokens']: maxTokens } : {}),
    ...(takesTemperature && temperature !== undefined ? { temperature } : {}),
    ...(takesTemperature && topP !== undefined ? { top_p: topP } : {}),
    ...(stop?.length ? { stop } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(frequencyPenalty ? { frequency_penalty: frequencyPenalty } : {}),
    ...(presencePenalty ? { presence_penalty: presencePenalty } : {}),
    ...(output ? { response_format: responseFormat(output) } : {}),
    ...(endUser === undefined ? {} : { user: endUserId(endUser) }),
    ...reasoning.settings(request),
    stream: streams,
    ...(streams && dialect.streamUsage !== false ? { stream_options: { include_usage: true } } : {}),
  };
}

export function chatTools({ tools, target, toolChoice, settings }: ModelRequest): Record<string, unknown> {
  if (!tools.length || !target.capabilities.tools) return {};
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      type: 'function',
      function: { name, description, parameters, ...(strict && canBeStrict(parameters) ? { strict } : {}) },
    })),
    ...(toolChoice ? { tool_choice: chosen(toolChoice) } : {}),
    ...(settings.parallelToolCalls === false ? { parallel_tool_calls: false } : {}),
  };
}

function chosen(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } };
}

function responseFormat(output: OutputFormat): object {
  if (output.type === 'json') return { type: 'json_object' };
  const { type: _type, strict, ...named } = output;
  const held = strict && canBeStrict(output.schema) ? { strict } : {};
  return { type: 'json_schema', json_schema: { ...named, ...held } };
}
