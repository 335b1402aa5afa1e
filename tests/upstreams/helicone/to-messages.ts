import { checkChat, commonRules } from '../chat/check.ts';
import { isObject, refuse, type Json } from '../refusal.ts';

/** Helicone's translation of a chat body for Claude (its toAnthropic): thinking, cache breakpoints, tools, images. */
export function toMessages(body: Json): Json {
  const rules = commonRules('anthropic', String(body.model));
  const withCache = Object.entries(rules.messageKeys).map(([role, keys]) => [
    role,
    [...keys, 'cache_control'],
  ]);
  const messageKeys = Object.fromEntries(withCache) as Record<string, string[]>;
  messageKeys.assistant?.push('reasoning', 'reasoning_details');
  checkChat(body, { ...rules, messageKeys, partKeys: ['cache_control'], maxIdLength: 256 });
  const messages = body.messages as Json[];
  const maxTokens = Number(body.max_tokens ?? body.max_completion_tokens ?? 4_096);
  const system = messages
    .filter(({ role }) => role === 'system')
    .flatMap(({ content }) => textBlocks(content));
  return {
    model: body.model,
    max_tokens: maxTokens,
    ...(system.length ? { system } : {}),
    ...tools(body),
    ...thinking(body, maxTokens),
    messages: joined(messages.filter(({ role }) => role !== 'system').map(message)),
    stream: body.stream === true,
  };
}

/** The older form only, with temperature 1. */
function thinking(
  { reasoning_effort: effort, reasoning_options: options, temperature }: Json,
  maxTokens: number,
): Json {
  const budget = isObject(options) ? options.budget_tokens : undefined;
  if (effort === undefined && budget === undefined) return temperature === undefined ? {} : { temperature };
  const tokens = budget ?? Math.floor(maxTokens / 2);
  return { thinking: { type: 'enabled', budget_tokens: tokens }, temperature: 1 };
}

function tools(body: Json): Json {
  if (!Array.isArray(body.tools)) return {};
  const listed = (body.tools as { function: Json }[]).map(
    ({ function: { name, description, parameters } }) => ({
      name,
      description,
      input_schema: parameters,
    }),
  );
  const choice = body.tool_choice === 'required' ? 'any' : body.tool_choice;
  return { tools: listed, ...(choice ? { tool_choice: { type: choice } } : {}) };
}

function message(given: Json): { role: string; content: Json[] } {
  const { role, cache_control: control } = given;
  const content =
    role === 'assistant'
      ? assistantBlocks(given)
      : role === 'tool'
        ? [result(given)]
        : textBlocks(given.content);
  const last = content.at(-1);
  if (control !== undefined && last) last.cache_control = control;
  return { role: role === 'assistant' ? 'assistant' : 'user', content };
}

function assistantBlocks({ content, tool_calls: calls, reasoning_details: details }: Json): Json[] {
  const thoughts = ((details ?? []) as Json[]).map(({ thinking: text, signature }) => {
    if (typeof text !== 'string' || typeof signature !== 'string')
      refuse('reasoning_details: thinking and signature are required');
    return { type: 'thinking', thinking: text, signature };
  });
  const uses = ((calls ?? []) as { id: string; function: { name: string; arguments: string } }[]).map(
    (call) => ({
      type: 'tool_use',
      id: call.id,
      name: call.function.name,
      input: JSON.parse(call.function.arguments) as unknown,
    }),
  );
  return [...thoughts, ...(content ? textBlocks(content) : []), ...uses];
}

function result({ tool_call_id: id, content }: Json): Json {
  return { type: 'tool_result', tool_use_id: id, content };
}

function textBlocks(content: unknown): Json[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return ((content ?? []) as Json[]).map((part) => {
    if (part.type !== 'image_url') return { ...part };
    const { url } = part.image_url as { url: string };
    const [, mediaType, data] = /^data:([^;]+);base64,(.+)$/.exec(url) ?? [];
    const source = data ? { type: 'base64', media_type: mediaType, data } : { type: 'url', url };
    return { type: 'image', source, ...(part.cache_control ? { cache_control: part.cache_control } : {}) };
  });
}

/** Results and words of the person stand in one message. */
function joined(messages: { role: string; content: Json[] }[]): Json[] {
  const groups: { role: string; content: Json[] }[] = [];
  for (const { role, content } of messages) {
    const last = groups.at(-1);
    if (last?.role === role) last.content.push(...content);
    else groups.push({ role, content: [...content] });
  }
  return groups as unknown as Json[];
}
