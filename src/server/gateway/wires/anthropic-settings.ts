import type { ModelRequest } from '../types.ts';
import type { Thinking } from './anthropic-thinking.ts';
import { closedSchema } from './strict-schema.ts';

/** Others take up to 2: "temperature: range: 0..1". */
const hottest = 1;

/** How the answer is to be made, in the words of the messages API. */
export function anthropicSettings(
  { target, settings }: ModelRequest,
  { maxTokens, fields, on }: Thinking,
): Record<string, unknown> {
  const { temperature, topP, topK, stop, output, endUser } = settings;
  const samples = target.capabilities.temperature && !on;
  const format =
    output?.type === 'json-schema' ? { type: 'json_schema', schema: closedSchema(output.schema) } : null;
  const config = fields.output_config as object | undefined;
  return {
    max_tokens: maxTokens,
    ...(samples && temperature !== undefined ? { temperature: Math.min(temperature, hottest) } : {}),
    // Refused: "`temperature` and `top_p` cannot both be specified for this model."
    ...(samples && topP !== undefined && temperature === undefined ? { top_p: topP } : {}),
    ...(samples && topK !== undefined ? { top_k: topK } : {}),
    ...(stop?.length ? { stop_sequences: stop } : {}),
    ...(endUser === undefined ? {} : { metadata: { user_id: endUser } }),
    ...fields,
    ...(format ? { output_config: { ...config, format } } : {}),
    stream: settings.stream ?? true,
  };
}

/** The wire knows schemas only: that it be JSON, whatever its shape, is said to the model. */
export const jsonInstruction = 'Answer with one JSON object and nothing else.';

const cacheControl = { type: 'ephemeral' };

export function anthropicTools({
  tools,
  target,
  toolChoice,
  settings,
}: ModelRequest): Record<string, unknown> {
  if (!tools.length || !target.capabilities.tools) return {};
  const listed = tools.map(({ name, description, parameters, strict }, index) => ({
    name,
    description,
    input_schema: strict ? closedSchema(parameters) : parameters,
    ...(strict ? { strict } : {}),
    ...(index === tools.length - 1 ? { cache_control: cacheControl } : {}),
  }));
  const single = settings.parallelToolCalls === false;
  const choice = toolChoice ?? (single ? 'auto' : undefined);
  if (!choice) return { tools: listed };
  const one = single && choice !== 'none' ? { disable_parallel_tool_use: true } : {};
  return { tools: listed, tool_choice: { ...chosen(choice), ...one } };
}

function chosen(choice: ModelRequest['toolChoice'] & {}): object {
  if (typeof choice !== 'string') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}
