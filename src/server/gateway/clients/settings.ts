import type { Effort, OutputFormat, RequestSettings, ToolDefinition } from '../types.ts';
import {
  given,
  isObject,
  malformed,
  numberAt,
  objectAt,
  oneOf,
  optional,
  stringAt,
  unsupported,
  type Json,
} from './fields.ts';

/** What clients of all three wires say in the same words. */
export function commonSettings(body: Json): Pick<RequestSettings, 'temperature' | 'topP'> {
  return given({
    temperature: optional(body.temperature, 'temperature', numberAt),
    topP: optional(body.top_p, 'top_p', numberAt),
  });
}

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** `none` is our `off`. */
export function effortAt(value: unknown, param: string): Effort {
  const effort = oneOf(value, param, efforts);
  return effort === 'none' ? 'off' : effort;
}

export function verbosityAt(value: unknown, param: string): 'low' | 'medium' | 'high' {
  return oneOf(value, param, ['low', 'medium', 'high']);
}

/** A JSON schema with its name: `response_format.json_schema` of chat completions, `text.format` of responses. */
export function namedSchema(format: Json, param: string): OutputFormat {
  return {
    type: 'json-schema',
    name: stringAt(format.name, `${param}.name`),
    schema: objectAt(format.schema, `${param}.schema`),
    ...given({
      description: optional(format.description, `${param}.description`, stringAt),
      strict: typeof format.strict === 'boolean' ? format.strict : undefined,
    }),
  };
}

const toolName = /^[a-zA-Z0-9_-]{1,128}$/;

/** A function with its JSON schema; without one it takes nothing. */
export function toolAt(tool: Json, schema: unknown, param: string): ToolDefinition {
  const name = stringAt(tool.name, `${param}.name`);
  if (!toolName.test(name)) malformed(`${param}.name`, 'at most 128 letters, digits, "_" or "-"');
  const parameters = isObject(schema) ? schema : {};
  return {
    name,
    description: optional(tool.description, `${param}.description`, stringAt) ?? '',
    parameters: { type: 'object', ...(parameters.properties ? {} : { properties: {} }), ...parameters },
    ...(tool.strict === true ? { strict: true } : {}),
  };
}

/** Only the tools that `allowed_tools` names. */
export function onlyAllowed(
  tools: ToolDefinition[],
  names: readonly string[],
  param: string,
): ToolDefinition[] {
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined) malformed(param, `names of tools, but there is none called ${unknown}`);
  return tools.filter(({ name }) => names.includes(name));
}

export function knownTool(tools: readonly ToolDefinition[], name: string, param: string): { name: string } {
  if (!tools.some((tool) => tool.name === name))
    malformed(param, `one of the tools, but none is called ${name}`);
  return { name };
}

export function noBuiltIn(type: unknown, param: string): never {
  return unsupported(
    param,
    `tools of the type "${String(type)}" run at one provider, or are known to its models only. Leave it out, or give the model a function that does it.`,
  );
}
