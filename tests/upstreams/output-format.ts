import { isObject, refuse, type Json } from './refusal.ts';

/** What OpenAI refuses in the form of an answer: `response_format.json_schema` and `text.format`. */
export function checkNamedSchema(format: Json, path: string): void {
  const { name, schema, strict } = format;
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
    refuse(`Invalid '${path}.name': string does not match pattern.`, { param: `${path}.name` });
  if (!isObject(schema)) refuse(`Missing required parameter: '${path}.schema'.`, { param: `${path}.schema` });
  if (strict === true) checkStrict(schema, path);
}

function checkStrict(schema: Json, path: string): void {
  const { properties, required, additionalProperties } = schema;
  if (!isObject(properties)) return;
  const names = Object.keys(properties);
  if (additionalProperties !== false)
    refuse(
      `Invalid schema for ${path}: In context=(), 'additionalProperties' is required to be supplied and to be false.`,
    );
  if (!Array.isArray(required) || !names.every((key) => required.includes(key)))
    refuse(
      `Invalid schema for ${path}: In context=(), 'required' is required to be supplied and to be an array including every key in properties.`,
    );
  for (const inner of Object.values(properties)) if (isObject(inner)) checkStrict(inner, path);
}

/** What Anthropic refuses in `output_config`. */
export function checkOutputConfig(config: unknown): void {
  if (config === undefined) return;
  if (!isObject(config)) refuse('output_config: Input should be an object');
  const { effort, format } = config;
  if (effort !== undefined && !['low', 'medium', 'high', 'xhigh', 'max'].includes(String(effort)))
    refuse("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'");
  if (format === undefined) return;
  if (!isObject(format) || format.type !== 'json_schema' || !isObject(format.schema))
    refuse('output_config.format.schema: Field required');
  checkClosed(format.schema);
}

function checkClosed(schema: Json): void {
  if (schema.type === 'object' && schema.additionalProperties !== false)
    refuse(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    );
  for (const inner of Object.values(isObject(schema.properties) ? schema.properties : {}))
    if (isObject(inner)) checkClosed(inner);
}
