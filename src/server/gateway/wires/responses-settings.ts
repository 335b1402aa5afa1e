import type { Dialect, ModelRequest, OutputFormat, ToolChoice } from '../types.ts';
import { commonEfforts, effortName } from './efforts.ts';
import { endUserId } from './end-user.ts';
import { canBeStrict } from './strict-schema.ts';

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" */
const smallestOutput = 16;

/** How the answer is to be made, in the words of responses. */
export function responsesSettings(request: ModelRequest, dialect: Dialect): Record<string, unknown> {
  const { target, settings } = request;
  const { temperature, topP, maxTokens, endUser } = settings;
  const takesTemperature = target.capabilities.temperature;
  return {
    ...(maxTokens ? { max_output_tokens: Math.max(maxTokens, smallestOutput) } : {}),
    ...(takesTemperature && temperature !== undefined ? { temperature } : {}),
    ...(takesTemperature && topP !== undefined ? { top_p: topP } : {}),
    ...textFields(request),
    ...(endUser === undefined ? {} : { safety_identifier: endUserId(endUser) }),
    ...reasoningFields(request, dialect),
  };
}

export function responsesTools({
  tools,
  target,
  toolChoice,
  settings,
}: ModelRequest): Record<string, unknown> {
  if (!tools.length || !target.capabilities.tools) return {};
  return {
    tools: tools.map(({ name, description, parameters, strict = false }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict: strict && canBeStrict(parameters),
    })),
    ...(toolChoice ? { tool_choice: chosen(toolChoice) } : {}),
    ...(settings.parallelToolCalls === false ? { parallel_tool_calls: false } : {}),
  };
}

function chosen(choice: ToolChoice): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.name };
}

function textFields({ settings: { output, verbosity } }: ModelRequest): Record<string, unknown> {
  if (!output && !verbosity) return {};
  return { text: { ...(output ? { format: textFormat(output) } : {}), ...(verbosity ? { verbosity } : {}) } };
}

function textFormat(output: OutputFormat): object {
  if (output.type === 'json') return { type: 'json_object' };
  // Without a word OpenAI takes it for strict.
  const strict = output.strict === true && canBeStrict(output.schema);
  return { ...output, type: 'json_schema', strict };
}

/** Without a stored response the model's reasoning comes back only encrypted; other models refuse to be asked for it. */
function reasoningFields({ target, settings }: ModelRequest, dialect: Dialect): Record<string, unknown> {
  if (!target.capabilities.reasoning) return {};
  const effort = settings.reasoningEffort;
  const named =
    effort &&
    (effort === 'off' ? (dialect.efforts?.off ?? 'low') : effortName(effort, dialect, commonEfforts));
  const reasoning = {
    ...(named ? { effort: named } : {}),
    ...(dialect.reasoningSummary === false ? {} : { summary: 'auto' }),
  };
  return {
    ...(Object.keys(reasoning).length ? { reasoning } : {}),
    include: ['reasoning.encrypted_content'],
  };
}
