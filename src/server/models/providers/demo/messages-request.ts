import * as v from 'valibot';
import {
  answeredCall,
  ownWords,
  RefusedRequest,
  type AnsweredCall,
  type Conversation,
  newestCalls,
} from './conversation.ts';
import { signatureOf } from './signature.ts';

const cached = { cache_control: v.optional(v.object({ type: v.literal('ephemeral') })) };
const textBlock = v.strictObject({
  type: v.literal('text'),
  text: v.pipe(v.string(), v.regex(/\S/, 'text content blocks must be non-empty')),
  ...cached,
});
/** A text stands for one block of it. */
const textOr = <Item extends v.GenericSchema>(item: Item) => {
  const blocks = v.pipe(v.array(item), v.minLength(1));
  // Not a union, which would only say that neither form fits.
  return v.lazy((given): v.GenericSchema<unknown, string | v.InferOutput<Item>[]> =>
    typeof given === 'string' ? v.string() : blocks,
  );
};
const id = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]+$/, "String should match pattern '^[a-zA-Z0-9_-]+$'"));
/** Strict, as Anthropic is: "Input tag … does not match any of the expected tags", "Extra inputs are not permitted". */
const block = v.variant('type', [
  textBlock,
  v.strictObject({ type: v.literal('thinking'), thinking: v.string(), signature: v.string() }),
  v.strictObject({
    type: v.literal('tool_use'),
    id,
    name: v.string(),
    input: v.record(v.string(), v.unknown()),
    ...cached,
  }),
  v.strictObject({
    type: v.literal('tool_result'),
    tool_use_id: v.string(),
    content: v.optional(textOr(textBlock)),
    is_error: v.optional(v.boolean()),
    ...cached,
  }),
]);
const message = v.strictObject({
  role: v.picklist(['user', 'assistant']),
  content: textOr(block),
});
const body = v.object({
  model: v.string(),
  max_tokens: v.pipe(v.number(), v.integer(), v.minValue(1)),
  stream: v.optional(v.boolean(), false),
  messages: v.pipe(v.array(message), v.minLength(1, 'at least one message is required')),
  temperature: v.optional(v.number()),
  thinking: v.optional(v.object({ type: v.string(), budget_tokens: v.optional(v.number()) })),
  tools: v.optional(
    v.array(v.object({ name: v.string(), input_schema: v.object({ type: v.literal('object') }) })),
  ),
});
type Body = v.InferOutput<typeof body>;
type Block = v.InferOutput<typeof block>;

interface Turn {
  role: 'user' | 'assistant';
  blocks: Block[];
}

export interface MessagesRequest {
  model: string;
  streams: boolean;
  thinks: boolean;
  conversation: Conversation;
}

/** Reads a messages body and refuses what Anthropic would refuse, in its words. */
export function readMessagesRequest(text: string): MessagesRequest {
  const result = v.safeParse(body, JSON.parse(text));
  if (!result.success) throw new RefusedRequest(sentenceOf(result.issues[0]));
  const { model, tools = [], messages } = result.output;
  const turns = messages.map(turnOf);
  const thinks = assertThinking(result.output);
  assertAlternating(turns);
  assertAnswered(turns);
  assertSigned(turns, model);
  if (thinks) assertLoopBeganThinking(turns);
  const lastWords = turns.findLastIndex(({ role, blocks }) => role === 'user' && blocks.some(isText));
  return {
    model,
    streams: result.output.stream,
    thinks,
    conversation: {
      words: ownWords(
        (turns[lastWords]?.blocks ?? [])
          .filter(isText)
          .map(({ text: said }) => said)
          .join('\n'),
      ),
      calls: newestCalls(callsIn(turns), callsIn(turns.slice(lastWords + 1)).length),
      tools: tools.map(({ name }) => name),
    },
  };
}

function sentenceOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join('.') ?? '';
  if (issue.expected === 'never') return `${path}: Extra inputs are not permitted`;
  return `${path}: ${issue.received === 'undefined' ? 'Field required' : issue.message}`;
}

function turnOf({ role, content: given }: Body['messages'][number]): Turn {
  return { role, blocks: typeof given === 'string' ? [{ type: 'text', text: given }] : given };
}

function isText(given: Block): given is Extract<Block, { type: 'text' }> {
  return given.type === 'text';
}

function assertThinking({ thinking, max_tokens: maxTokens, temperature }: Body): boolean {
  if (!thinking || thinking.type === 'disabled') return false;
  const { budget_tokens: budget = 1_024 } = thinking;
  if (budget < 1_024)
    throw new RefusedRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  if (budget >= maxTokens)
    throw new RefusedRequest('`max_tokens` must be greater than `thinking.budget_tokens`.');
  if (temperature !== undefined && temperature !== 1)
    throw new RefusedRequest('`temperature` may only be set to 1 when thinking is enabled.');
  return true;
}

function assertAlternating(turns: readonly Turn[]): void {
  if (turns[0]?.role !== 'user') throw new RefusedRequest('messages: first message must use the "user" role');
  const twice = turns.findIndex(({ role }, index) => role === turns[index - 1]?.role);
  if (twice > 0) throw new RefusedRequest('messages: roles must alternate between "user" and "assistant"');
}

/** Every call is answered in the very next message, before any words, and no result stands anywhere else. */
function assertAnswered(turns: readonly Turn[]): void {
  turns.forEach(({ blocks }, index) => {
    const asked = new Set(callIds(turns[index - 1]));
    for (const result of blocks) {
      if (result.type === 'tool_result' && !asked.delete(result.tool_use_id))
        throw new RefusedRequest(
          `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${result.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
    }
    if (asked.size) refuseUnanswered(index - 1, asked);
    const late = blocks.findIndex(
      (item, at) => item.type === 'tool_result' && blocks[at - 1]?.type === 'text',
    );
    if (late > 0) refuseUnanswered(index - 1, new Set(callIds(turns[index - 1])));
  });
  const open = callIds(turns.at(-1));
  if (open.length) refuseUnanswered(turns.length - 1, new Set(open));
}

function refuseUnanswered(index: number, ids: ReadonlySet<string>): never {
  throw new RefusedRequest(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...ids].join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function callIds(turn: Turn | undefined): string[] {
  return turn?.blocks.flatMap((item) => (item.type === 'tool_use' ? [item.id] : [])) ?? [];
}

function assertSigned(turns: readonly Turn[], model: string): void {
  turns.forEach(({ blocks }, index) => {
    const foreign = blocks.findIndex(
      (item) => item.type === 'thinking' && item.signature !== signatureOf(model, item.thinking),
    );
    if (foreign >= 0)
      throw new RefusedRequest(
        `messages.${index}.content.${foreign}: Invalid \`signature\` in \`thinking\` block`,
      );
  });
}

/** With thinking on, the answer that the newest tool results belong to must begin with its thinking. */
function assertLoopBeganThinking(turns: readonly Turn[]): void {
  if (!turns.at(-1)?.blocks.some(({ type }) => type === 'tool_result')) return;
  const first = turns.at(-2)?.blocks[0]?.type;
  if (first !== 'thinking')
    throw new RefusedRequest(
      `messages.${turns.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    );
}

function callsIn(turns: readonly Turn[]): AnsweredCall[] {
  const blocks = turns.flatMap((turn) => turn.blocks);
  return blocks.flatMap((used) => {
    if (used.type !== 'tool_use') return [];
    const result = blocks.find((item) => item.type === 'tool_result' && item.tool_use_id === used.id);
    if (result?.type !== 'tool_result') return [];
    const given = result.content ?? '';
    const text = typeof given === 'string' ? given : given.map((part) => part.text).join('\n');
    return [answeredCall({ name: used.name, args: used.input }, text, result.is_error === true)];
  });
}
