import * as v from 'valibot';
import {
  answeredCall,
  ownWords,
  RefusedRequest,
  type AnsweredCall,
  type Conversation,
  newestCalls,
} from './conversation.ts';

const textPart = v.strictObject({ type: v.literal('text'), text: v.string() });
const parts = v.array(textPart);
/** Not a union, which would only say that neither form fits. */
const words = v.lazy((given): v.GenericSchema<unknown, string | v.InferOutput<typeof parts>> =>
  typeof given === 'string' ? v.string() : parts,
);
const call = v.strictObject({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  type: v.literal('function'),
  function: v.strictObject({ name: v.string(), arguments: v.string() }),
});
/** Strict, as OpenAI is: a field that belongs to another provider is refused, not passed over. */
const message = v.variant('role', [
  v.strictObject({ role: v.picklist(['system', 'developer', 'user']), content: words }),
  v.strictObject({
    role: v.literal('assistant'),
    content: v.nullish(words),
    tool_calls: v.optional(v.pipe(v.array(call), v.minLength(1))),
  }),
  v.strictObject({ role: v.literal('tool'), tool_call_id: v.string(), content: words }),
]);
const body = v.object({
  model: v.string(),
  stream: v.optional(v.boolean(), false),
  stream_options: v.optional(v.object({ include_usage: v.optional(v.boolean()) })),
  messages: v.pipe(v.array(message), v.minLength(1, "Invalid 'messages': empty array.")),
  tools: v.optional(
    v.array(v.object({ type: v.literal('function'), function: v.object({ name: v.string() }) })),
  ),
});
type Message = v.InferOutput<typeof message>;

export interface ChatRequest {
  model: string;
  streams: boolean;
  includeUsage: boolean;
  conversation: Conversation;
}

/** Reads a chat-completions body and refuses what OpenAI would refuse, in its words. */
export function readChatRequest(text: string): ChatRequest {
  const result = v.safeParse(body, JSON.parse(text));
  if (!result.success) throw new RefusedRequest(sentenceOf(result.issues[0]));
  const { model, messages, stream, tools = [], stream_options: options } = result.output;
  if (options && !stream)
    throw new RefusedRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.");
  assertAnswered(messages);
  const lastWords = messages.findLastIndex(({ role }) => role === 'user');
  return {
    model,
    streams: stream,
    includeUsage: options?.include_usage === true,
    conversation: {
      words: ownWords(lastWords < 0 ? '' : textOf(messages[lastWords]?.content)),
      calls: newestCalls(callsIn(messages), callsIn(messages.slice(lastWords + 1)).length),
      tools: tools.map((tool) => tool.function.name),
    },
  };
}

function sentenceOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  return `Invalid value at '${path}': ${issue.message}`;
}

/** Every call is answered by the tool messages right after it, and no tool message stands anywhere else. */
function assertAnswered(messages: readonly Message[]): void {
  let open = new Set<string>();
  messages.forEach((current, index) => {
    if (current.role === 'tool') {
      if (!open.delete(current.tool_call_id))
        throw new RefusedRequest(
          `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls' (messages.[${index}]).`,
        );
      return;
    }
    refuseOpen(open);
    if (current.role !== 'assistant') return;
    if (!current.tool_calls && !textOf(current.content))
      throw new RefusedRequest(
        `Invalid value for 'content': expected a string, got null (messages.[${index}]).`,
      );
    open = new Set(current.tool_calls?.map(({ id }) => id));
  });
  refuseOpen(open);
}

function refuseOpen(open: ReadonlySet<string>): void {
  if (open.size)
    throw new RefusedRequest(
      `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    );
}

function callsIn(messages: readonly Message[]): AnsweredCall[] {
  const results = new Map(
    messages.flatMap((item) =>
      item.role === 'tool' ? [[item.tool_call_id, textOf(item.content)] as const] : [],
    ),
  );
  return messages.flatMap((item) => {
    if (item.role !== 'assistant') return [];
    return (item.tool_calls ?? []).map(({ id, function: called }) =>
      answeredCall({ name: called.name, args: argumentsOf(called.arguments) }, results.get(id) ?? '', false),
    );
  });
}

function argumentsOf(json: string): Record<string, unknown> {
  const args: unknown = JSON.parse(json);
  if (typeof args === 'object' && args !== null && !Array.isArray(args))
    return args as Record<string, unknown>;
  throw new RefusedRequest("Invalid value for 'tool_calls': arguments must be a JSON object.");
}

function textOf(content: string | { text: string }[] | null | undefined): string {
  if (content === null || content === undefined) return '';
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}
