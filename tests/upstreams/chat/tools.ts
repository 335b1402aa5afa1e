import { emptyArray, isObject, objects, refuse, unknownKey, type Json } from '../refusal.ts';

export function checkTools(body: Json): void {
  const { tools } = body;
  if (tools === undefined) {
    if (body.tool_choice !== undefined) refuse("'tool_choice' is only allowed when 'tools' are specified.");
    return;
  }
  const listed = objects(tools, () => refuse("Invalid type for 'tools': expected an array of objects."));
  if (!listed.length) emptyArray('tools');
  const choices: unknown[] = ['auto', 'none', 'required', undefined];
  if (!choices.includes(body.tool_choice) && !isObject(body.tool_choice))
    refuse(
      `Invalid value: '${String(body.tool_choice)}'. Supported values are: 'none', 'auto', and 'required'.`,
    );
  listed.forEach((tool, index) => {
    const { function: offered } = tool;
    if (tool.type !== 'function' || !isObject(offered))
      refuse(`Missing required parameter: 'tools[${index}].function'.`);
    const { name, parameters } = offered;
    const key = unknownKey(offered, ['name', 'description', 'parameters', 'strict']);
    if (key) refuse(`Unknown parameter: 'tools[${index}].function.${key}'.`, { code: 'unknown_parameter' });
    if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      refuse(
        `Invalid 'tools[${index}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      );
    if (!isObject(parameters) || parameters.type !== 'object')
      refuse(`Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`, {
        code: 'invalid_function_parameters',
      });
  });
  const names = listed.map(({ function: offered }) => (offered as Json).name);
  if (new Set(names).size < names.length) refuse('Tool names must be unique.');
}
