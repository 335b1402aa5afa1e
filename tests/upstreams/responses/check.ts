import type { CheckContext } from '../emulator.ts';
import { checkEffort } from '../effort.ts';
import { checkNamedSchema } from '../output-format.ts';
import { isJsonObject, isObject, objects, refuse, unknownKey, type Json } from '../refusal.ts';
import { decrypt } from '../seal.ts';
import { checkItemOrder } from './order.ts';

const keys = [
  ...[
    'model',
    'input',
    'instructions',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'max_output_tokens',
    'store',
  ],
  ...[
    'temperature',
    'top_p',
    'reasoning',
    'include',
    'stream',
    'previous_response_id',
    'text',
    'metadata',
    'user',
  ],
  ...['prompt_cache_key', 'safety_identifier', 'service_tier', 'truncation', 'background'],
  // What Codex says about itself.
  'client_metadata',
];

/** What `POST /v1/responses` refuses. */
export function checkResponses(body: Json, context: CheckContext): void {
  const key = unknownKey(body, keys);
  if (key) refuse(`Unknown parameter: '${key}'.`, { code: 'unknown_parameter', param: key });
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  const items = objects(input, () =>
    refuse("Invalid type for 'input': expected a string or an array of objects."),
  );
  if (!items.length) refuse("Invalid 'input': empty array.", { code: 'empty_array', param: 'input' });
  items.forEach((item, index) => checkItem(item, `input[${index}]`, body.store !== false, context));
  checkItemOrder(items, context.issued);
  checkParameters(body, context);
  if (body.tools !== undefined) checkTools(body.tools);
}

const itemKeys: Record<string, readonly string[]> = {
  message: ['type', 'id', 'role', 'content', 'status', 'phase'],
  function_call: ['type', 'id', 'call_id', 'name', 'namespace', 'arguments', 'status'],
  function_call_output: ['type', 'id', 'call_id', 'output', 'status'],
  reasoning: ['type', 'id', 'summary', 'encrypted_content', 'content'],
  item_reference: ['type', 'id'],
};

const idPrefixes: Record<string, string> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fc',
  reasoning: 'rs',
};

function checkItem(item: Json, path: string, stored: boolean, context: CheckContext): void {
  const type = String(item.type ?? 'message');
  const known = itemKeys[type];
  if (!known)
    refuse(`Invalid value: '${type}'. Supported values are: ${Object.keys(itemKeys).join(', ')}.`, {
      code: 'invalid_value',
      param: path,
    });
  const key = unknownKey(item, known);
  if (key)
    refuse(`Unknown parameter: '${path}.${key}'.`, { code: 'unknown_parameter', param: `${path}.${key}` });
  checkStored(item, stored, context);
  const prefix = idPrefixes[type] ?? '';
  if (item.id !== undefined && !String(item.id).startsWith(prefix))
    refuse(`Invalid '${path}.id': '${String(item.id)}'. Expected an ID that begins with '${prefix}'.`, {
      code: 'invalid_value',
      param: `${path}.id`,
    });
  if (type === 'message') checkMessage(item, path);
  if (type === 'reasoning') checkReasoning(item, path, stored, context);
  if (type.startsWith('function_call')) checkCall(item, path, type);
}

/** What was stored is known by its id to the key that stored it, in a request that stores; to nobody else. */
function checkStored(
  { type, id, encrypted_content: sealed }: Json,
  stored: boolean,
  context: CheckContext,
): void {
  if (id === undefined || sealed) return;
  const owner = context.issued.storedFor.get(String(id));
  const isReference = type === 'item_reference' || (type === 'reasoning' && stored);
  if (owner === undefined ? !isReference : stored && owner === context.key) return;
  const hint = stored
    ? ''
    : ' Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.';
  refuse(`Item with id '${String(id)}' not found.${hint}`, { status: 404, param: 'input' });
}

const contentTypes: Record<string, readonly string[]> = {
  user: ['input_text', 'input_image', 'input_file'],
  system: ['input_text', 'input_image', 'input_file'],
  developer: ['input_text', 'input_image', 'input_file'],
  assistant: ['output_text', 'refusal'],
};

function checkMessage({ role, content }: Json, path: string): void {
  const types = contentTypes[String(role)];
  if (!types)
    refuse(
      `Invalid value: '${String(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
    );
  if (typeof content === 'string') return;
  checkContent(content, `${path}.content`, types);
}

function checkContent(content: unknown, path: string, types: readonly string[]): void {
  const parts = objects(content, () =>
    refuse(`Invalid type for '${path}': expected a string or an array of objects.`),
  );
  if (!parts.length) refuse(`Invalid '${path}': empty array.`, { code: 'empty_array' });
  parts.forEach((part, index) => {
    const known = types.map((name) => `'${name}'`).join(', ');
    if (!types.includes(String(part.type)))
      refuse(`Invalid value: '${String(part.type)}'. Supported values are: ${known}.`, {
        code: 'invalid_value',
        param: `${path}[${index}]`,
      });
    if (part.type === 'input_image' && !/^(https?:|data:image\/)/.test(String(part.image_url)))
      refuse(
        `Invalid '${path}[${index}].image_url'. Expected a valid URL, but got a value with an invalid format.`,
      );
    if (/text$/.test(String(part.type)) && typeof part.text !== 'string')
      refuse(`Missing required parameter: '${path}[${index}].text'.`);
  });
}

function checkReasoning(item: Json, path: string, stored: boolean, { provider, model }: CheckContext): void {
  if (typeof item.id !== 'string') refuse(`Missing required parameter: '${path}.id'.`);
  if (!Array.isArray(item.summary)) refuse(`Missing required parameter: '${path}.summary'.`);
  const { encrypted_content: encrypted } = item;
  if (stored && !encrypted) return;
  if (!encrypted)
    refuse(
      `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      { status: 404, param: 'input' },
    );
  if (decrypt(encrypted, provider, model) !== item.id)
    refuse(
      `The encrypted content ${String(encrypted).slice(0, 12)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      {
        code: 'invalid_encrypted_content',
      },
    );
}

function checkCall(item: Json, path: string, type: string): void {
  const { call_id: id, name, arguments: args, output } = item;
  if (typeof id !== 'string' || id === '') refuse(`Missing required parameter: '${path}.call_id'.`);
  if (id.length > 64)
    refuse(
      `Invalid '${path}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${id.length} instead.`,
      {
        code: 'string_above_max_length',
      },
    );
  if (type === 'function_call_output') {
    if (typeof output !== 'string') checkContent(output, `${path}.output`, contentTypes.user as string[]);
    return;
  }
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
    refuse(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    );
  if (typeof args !== 'string')
    refuse(`Invalid type for '${path}.arguments': expected a string, but got an object instead.`);
  if (!isJsonObject(args)) refuse(`Invalid '${path}.arguments': not a JSON object.`);
}

function checkParameters(body: Json, { model, traits }: CheckContext): void {
  const { format } = isObject(body.text) ? body.text : {};
  if (isObject(format) && format.type === 'json_schema') checkNamedSchema(format, 'text.format');
  const reasoning = isObject(body.reasoning) ? body.reasoning : {};
  if (!traits.reasoning) {
    if (reasoning.effort !== undefined)
      refuse("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
        code: 'unsupported_parameter',
      });
    if (Array.isArray(body.include) && body.include.includes('reasoning.encrypted_content'))
      refuse('Encrypted content is not supported with this model.');
    return;
  }
  for (const name of ['temperature', 'top_p'])
    if (body[name] !== undefined)
      refuse(`Unsupported parameter: '${name}' is not supported with this model.`, {
        code: 'unsupported_parameter',
        param: name,
      });
  checkEffort(reasoning.effort, model, traits.efforts ?? [], 'reasoning.effort');
}

const toolKeys: Record<string, readonly string[]> = {
  function: ['type', 'name', 'description', 'parameters', 'strict'],
  custom: ['type', 'name', 'description', 'format'],
  namespace: ['type', 'name', 'description', 'tools'],
};

function checkTools(value: unknown, path = 'tools'): void {
  const tools = objects(value, () => refuse(`Invalid type for '${path}': expected an array of objects.`));
  tools.forEach((tool, index) => {
    const at = `${path}[${index}]`;
    const type = String(tool.type);
    const key = unknownKey(tool, toolKeys[type] ?? (toolKeys.function as string[]));
    if (typeof tool.name !== 'string') refuse(`Missing required parameter: '${at}.name'.`);
    if (key) refuse(`Unknown parameter: '${at}.${key}'.`, { code: 'unknown_parameter' });
    if (type === 'namespace') return checkTools(tool.tools, `${at}.tools`);
    if (type === 'custom') return;
    if (!isObject(tool.parameters) || tool.parameters.type !== 'object')
      refuse(`Invalid schema for function '${tool.name}': schema must be a JSON Schema of 'type: "object"'.`);
  });
}
