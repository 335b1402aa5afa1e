import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Wire } from '#protocol/message.ts';

/** What a client understood of an answer, in the same words for all of them. */
export interface Understood {
  text: string;
  refusal: string;
  reasoning: string;
  calls: { id: string; name: string; args: unknown }[];
  finish: 'stop' | 'tool-calls' | 'length' | 'filter';
  usage: { input: number; output: number; cacheRead: number; cacheWrite: number; reasoning: number };
}

export interface Asked {
  model: string;
  stream: boolean;
  /** In the words of the wire, e.g. `tool_choice`. */
  more?: Record<string, unknown>;
  tools?: boolean;
  thinks?: boolean;
}

/** A conversation held with an official client: what it understood goes back as it has it. */
export interface Conversation {
  say(text: string, image?: string): void;
  results(texts: Record<string, { text: string; image?: string; isError?: boolean }>): void;
  ask(asked: Asked): Promise<Understood>;
}

export const schema = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};
const description = 'Reads a file.';

export const conversations: Record<Wire, (origin: string) => Conversation> = {
  'openai-chat': chat,
  'anthropic-messages': messages,
  'openai-responses': responses,
};

export function openAiClient(origin: string): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'cp-test', maxRetries: 0 });
}

export function anthropicClient(origin: string): Anthropic {
  return new Anthropic({ baseURL: origin, apiKey: 'cp-test', maxRetries: 0 });
}

type ChatMessage = OpenAI.ChatCompletionMessageParam;
interface ReasonedMessage {
  reasoning?: string;
  reasoning_content?: string;
  reasoning_details?: unknown[];
}

function chat(origin: string): Conversation {
  const client = openAiClient(origin);
  const history: ChatMessage[] = [{ role: 'system', content: 'Be brief.' }];
  return {
    say(text, image) {
      const words = { type: 'text' as const, text };
      const picture = { type: 'image_url' as const, image_url: { url: image ?? '' } };
      history.push({ role: 'user', content: image ? [words, picture] : text });
    },
    results(results) {
      for (const [id, { text }] of Object.entries(results))
        history.push({ role: 'tool', tool_call_id: id, content: text });
    },
    async ask({ model, stream, more = {}, tools, thinks }) {
      const body = {
        model,
        messages: history,
        ...(tools
          ? {
              tools: [
                {
                  type: 'function' as const,
                  function: { name: 'read_file', description, parameters: schema },
                },
              ],
            }
          : {}),
        ...(thinks ? { reasoning_effort: 'medium' as const } : {}),
        ...more,
      };
      const completion = stream
        ? await client.chat.completions
            .stream({ ...body, stream_options: { include_usage: true } })
            .finalChatCompletion()
        : await client.chat.completions.create(body);
      const [choice] = completion.choices;
      const message = choice?.message as OpenAI.ChatCompletionMessage & ReasonedMessage;
      history.push(message);
      return understoodChat(message, choice?.finish_reason ?? '', completion.usage);
    },
  };
}

function understoodChat(
  message: OpenAI.ChatCompletionMessage & ReasonedMessage,
  finish: string,
  usage: OpenAI.CompletionUsage | undefined,
): Understood {
  const calls = (message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function'
      ? [{ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) as unknown }]
      : [],
  );
  return {
    text: message.content ?? '',
    refusal: message.refusal ?? '',
    reasoning: message.reasoning ?? '',
    calls,
    finish: ({ stop: 'stop', tool_calls: 'tool-calls', length: 'length' }[finish] ??
      'filter') as Understood['finish'],
    usage: {
      input: usage?.prompt_tokens ?? -1,
      output: usage?.completion_tokens ?? -1,
      cacheRead: usage?.prompt_tokens_details?.cached_tokens ?? -1,
      cacheWrite: usage?.prompt_tokens_details?.cache_write_tokens ?? -1,
      reasoning: usage?.completion_tokens_details?.reasoning_tokens ?? -1,
    },
  };
}

function messages(origin: string): Conversation {
  const client = anthropicClient(origin);
  const history: Anthropic.MessageParam[] = [];
  const source = (image: string) => ({
    type: 'base64' as const,
    media_type: 'image/png' as const,
    data: image.split(',')[1] ?? '',
  });
  return {
    say(text, image) {
      const words = { type: 'text' as const, text };
      history.push({
        role: 'user',
        content: image ? [words, { type: 'image', source: source(image) }] : text,
      });
    },
    results(results) {
      const content = Object.entries(results).map(([id, { text, image, isError }]) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: image
          ? [
              { type: 'text' as const, text },
              { type: 'image' as const, source: source(image) },
            ]
          : text,
        ...(isError ? { is_error: true } : {}),
      }));
      history.push({ role: 'user', content });
    },
    async ask({ model, stream, more = {}, tools, thinks }) {
      const body = {
        model,
        max_tokens: 16_000,
        system: 'Be brief.',
        messages: history,
        ...(tools
          ? {
              tools: [{ name: 'read_file', description, input_schema: schema as Anthropic.Tool.InputSchema }],
            }
          : {}),
        ...(thinks ? { thinking: { type: 'enabled' as const, budget_tokens: 8_000 } } : {}),
        ...more,
      };
      const message = stream
        ? await client.messages.stream(body).finalMessage()
        : await client.messages.create(body);
      const { content } = message;
      history.push({ role: 'assistant', content });
      return understoodMessage(message);
    },
  };
}

function understoodMessage({ content, stop_reason: stop, usage }: Anthropic.Message): Understood {
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const finishes = { end_turn: 'stop', tool_use: 'tool-calls', max_tokens: 'length' } as const;
  return {
    text,
    refusal: stop === 'refusal' ? text : '',
    reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    finish: finishes[stop as keyof typeof finishes] ?? 'filter',
    usage: {
      input:
        usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
      cacheRead: usage.cache_read_input_tokens ?? -1,
      cacheWrite: usage.cache_creation_input_tokens ?? -1,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? -1,
    },
  };
}

type Item = OpenAI.Responses.ResponseInputItem;

function responses(origin: string): Conversation {
  const client = openAiClient(origin);
  const history: Item[] = [];
  return {
    say(text, image) {
      const words = { type: 'input_text' as const, text };
      const picture = { type: 'input_image' as const, image_url: image ?? '', detail: 'auto' as const };
      history.push({ role: 'user', content: image ? [words, picture] : text });
    },
    results(results) {
      for (const [id, { text, image }] of Object.entries(results))
        history.push({
          type: 'function_call_output',
          call_id: id,
          output: image
            ? [
                { type: 'input_text', text },
                { type: 'input_image', image_url: image, detail: 'auto' },
              ]
            : text,
        });
    },
    async ask({ model, stream, more = {}, tools, thinks }) {
      const body = {
        model,
        instructions: 'Be brief.',
        input: history,
        store: false,
        ...(tools
          ? {
              tools: [
                {
                  type: 'function' as const,
                  name: 'read_file',
                  description,
                  parameters: schema,
                  strict: false,
                },
              ],
            }
          : {}),
        ...(thinks ? { reasoning: { effort: 'medium' as const, summary: 'auto' as const } } : {}),
        ...more,
      };
      const response = stream
        ? await client.responses.stream(body).finalResponse()
        : await client.responses.create(body);
      history.push(...(response.output as Item[]));
      return understoodResponse(response);
    },
  };
}

function understoodResponse({
  output,
  usage,
  status,
  incomplete_details: why,
}: OpenAI.Responses.Response): Understood {
  const contents = output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const calls = output.flatMap((item) =>
    item.type === 'function_call' && item.status === 'completed'
      ? [{ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) as unknown }]
      : [],
  );
  const whole = calls.length ? 'tool-calls' : 'stop';
  const cut = why?.reason === 'max_output_tokens' ? 'length' : 'filter';
  return {
    text: contents.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
    refusal: contents.map((part) => (part.type === 'refusal' ? part.refusal : '')).join(''),
    reasoning: output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary.map(({ text }) => text) : []))
      .join(''),
    calls,
    finish: status === 'completed' ? whole : cut,
    usage: {
      input: usage?.input_tokens ?? -1,
      output: usage?.output_tokens ?? -1,
      cacheRead: usage?.input_tokens_details.cached_tokens ?? -1,
      cacheWrite: usage?.input_tokens_details.cache_write_tokens ?? -1,
      reasoning: usage?.output_tokens_details.reasoning_tokens ?? -1,
    },
  };
}
