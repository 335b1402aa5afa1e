import { traitsOf } from '../models.ts';
import { emptyArray, isJsonObject, isObject, objects, refuse, unknownKey, type Json } from '../refusal.ts';
import { checkNamedSchema } from '../output-format.ts';
import { checkPairs } from './pairs.ts';
import { checkTools } from './tools.ts';

/** How one chat-completions server differs from the others in what it takes. */
export interface ChatRules {
  /** Keys of the body; others are refused. undefined: the server passes over what it does not know. */
  keys?: readonly string[];
  messageKeys: Record<string, readonly string[]>;
  /** Roles whose content may not be an array. */
  stringOnly: readonly string[];
  /** Keys that a content part may have beside its own. */
  partKeys: readonly string[];
  /** Keys that a call may have beside its own. */
  callKeys?: readonly string[];
  images: boolean;
  maxIdLength: number;
  unknownMessageKey(index: number, role: string, key: string): never;
}

const partTypes: Record<string, readonly string[]> = {
  system: ['text'],
  developer: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text'],
};

/** What every chat-completions server refuses, in OpenAI's words. */
export function checkChat(body: Json, rules: ChatRules): void {
  const key = rules.keys && unknownKey(body, rules.keys);
  if (key) refuse(`Unknown parameter: '${key}'.`, { code: 'unknown_parameter', param: key });
  if (body.stream_options !== undefined && body.stream !== true)
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    });
  const messages = objects(body.messages, () =>
    refuse("Invalid type for 'messages': expected an array of objects.", {
      code: 'invalid_type',
      param: 'messages',
    }),
  );
  if (!messages.length) emptyArray('messages');
  messages.forEach((message, index) => checkMessage(message, index, rules));
  checkPairs(messages);
  checkTools(body);
  const { response_format: format } = body;
  if (isObject(format) && format.type === 'json_schema')
    checkNamedSchema(isObject(format.json_schema) ? format.json_schema : {}, 'response_format.json_schema');
  if (Array.isArray(body.stop) && body.stop.length > 4)
    refuse("Invalid 'stop': array too long. Expected an array with maximum length 4.", { param: 'stop' });
  if (typeof body.user === 'string' && body.user.length > 64)
    refuse("Invalid 'user': string too long. Expected a string with maximum length 64.", { param: 'user' });
}

function checkMessage(message: Json, index: number, rules: ChatRules): void {
  const path = `messages[${index}]`;
  const role = String(message.role);
  const types = partTypes[role];
  if (!types)
    refuse(
      `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
      {
        code: 'invalid_value',
        param: `${path}.role`,
      },
    );
  const key = unknownKey(message, rules.messageKeys[role] ?? []);
  if (key) rules.unknownMessageKey(index, role, key);
  checkContent(message, path, role, types, rules);
  if (message.tool_calls !== undefined) checkCalls(message.tool_calls, `${path}.tool_calls`, rules);
}

function checkContent(
  message: Json,
  path: string,
  role: string,
  types: readonly string[],
  rules: ChatRules,
): void {
  const { content } = message;
  if (content === null || content === undefined) {
    if (role === 'assistant' && message.tool_calls !== undefined) return;
    refuse(`Invalid value for 'content': expected a string, got null.`, { param: `${path}.content` });
  }
  if (typeof content === 'string') return;
  if (rules.stringOnly.includes(role))
    refuse(`'messages.${path.match(/\d+/)?.[0]}.content' : value must be a string`);
  const parts = objects(content, () =>
    refuse(`Invalid type for '${path}.content': expected one of a string or array of objects.`, {
      code: 'invalid_type',
    }),
  );
  if (!parts.length) emptyArray(`${path}.content`);
  parts.forEach((part, index) => checkPart(part, `${path}.content[${index}]`, types, rules));
}

function checkPart(part: Json, path: string, types: readonly string[], rules: ChatRules): void {
  const type = String(part.type);
  if (!types.includes(type)) {
    const known = types.map((name) => `'${name}'`).join(', ');
    refuse(`Invalid value: '${type}'. Supported values are: ${known}.`, {
      code: 'invalid_value',
      param: `${path}.type`,
    });
  }
  const key = unknownKey(part, ['type', type, ...rules.partKeys]);
  if (key)
    refuse(`Unknown parameter: '${path}.${key}'.`, { code: 'unknown_parameter', param: `${path}.${key}` });
  if (type === 'text' && typeof part.text !== 'string') refuse(`Missing required parameter: '${path}.text'.`);
  if (type === 'image_url') checkImage(part.image_url, path, rules);
}

function checkImage(image: unknown, path: string, rules: ChatRules): void {
  if (!rules.images)
    refuse('No endpoints found that support image input', { status: 404, code: 'model_not_found' });
  const url = isObject(image) ? image.url : undefined;
  const isImage =
    typeof url === 'string' &&
    /^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$)/.test(url);
  if (!isImage)
    refuse(`Invalid '${path}.image_url.url'. Expected a valid URL or base64 image.`, {
      code: 'invalid_image_url',
    });
}

function checkCalls(value: unknown, path: string, rules: ChatRules): void {
  const calls = objects(value, () => refuse(`Invalid type for '${path}': expected an array of objects.`));
  if (!calls.length) emptyArray(path);
  calls.forEach((call, index) => {
    const at = `${path}[${index}]`;
    const key = unknownKey(call, ['id', 'type', 'function', ...(rules.callKeys ?? [])]);
    if (key) refuse(`Unknown parameter: '${at}.${key}'.`, { code: 'unknown_parameter' });
    if (typeof call.id !== 'string' || call.id === '')
      refuse(
        `Invalid '${at}.id': empty string. Expected a string with minimum length 1, but got an empty string instead.`,
      );
    if (call.id.length > rules.maxIdLength)
      refuse(
        `Invalid '${at}.id': string too long. Expected a string with maximum length ${rules.maxIdLength}, but got a string with length ${call.id.length} instead.`,
        { code: 'string_above_max_length' },
      );
    if (call.type !== 'function')
      refuse(`Invalid value: '${String(call.type)}'. Supported values are: 'function'.`);
    checkFunction(call.function, `${at}.function`);
  });
}

function checkFunction(called: unknown, path: string): void {
  const { name, arguments: args, ...others } = isObject(called) ? called : {};
  const [key] = Object.keys(others);
  if (key) refuse(`Unknown parameter: '${path}.${key}'.`, { code: 'unknown_parameter' });
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
    refuse(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      {
        code: 'invalid_value',
      },
    );
  if (typeof args !== 'string')
    refuse(`Invalid type for '${path}.arguments': expected a string, but got ${typeof args} instead.`, {
      code: 'invalid_type',
    });
  if (!isJsonObject(args)) refuse(`Invalid '${path}.arguments': not a JSON object.`);
}

/** The least rules, of a server that nobody knows. */
export function commonRules(provider: Parameters<typeof traitsOf>[0], model: string): ChatRules {
  return {
    messageKeys: {
      system: ['role', 'content', 'name'],
      developer: ['role', 'content', 'name'],
      user: ['role', 'content', 'name'],
      assistant: ['role', 'content', 'name', 'tool_calls', 'refusal', 'audio'],
      tool: ['role', 'content', 'tool_call_id'],
    },
    stringOnly: [],
    partKeys: [],
    images: traitsOf(provider, model).images,
    maxIdLength: 40,
    unknownMessageKey: (index, _role, key) =>
      refuse(`Unknown parameter: 'messages[${index}].${key}'.`, {
        code: 'unknown_parameter',
        param: `messages[${index}].${key}`,
      }),
  };
}
