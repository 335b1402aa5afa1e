import type OpenAI from 'openai';
import { description, openAiClient, schema, type Conversation, type Understood } from './common.ts';

type ChatMessage = OpenAI.ChatCompletionMessageParam;
interface ReasonedMessage {
  reasoning?: string;
  reasoning_content?: string;
  reasoning_details?: unknown[];
}

export function chat(origin: string, key?: string): Conversation {
  const client = openAiClient(origin, key);
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
      history.push(sentBack(message));
      return understoodChat(message, choice?.finish_reason ?? '', completion.usage);
    },
  };
}

/** What every server of chat completions takes back, and OpenRouter's field where there is one. */
function sentBack(message: OpenAI.ChatCompletionMessage & ReasonedMessage): ChatMessage {
  const { content, tool_calls: calls, reasoning_details: details } = message;
  return {
    role: 'assistant',
    content,
    ...(calls?.length ? { tool_calls: calls.map(plainCall) } : {}),
    ...(details ? { reasoning_details: details } : {}),
  };
}

/** The client's helper adds what it parsed. */
function plainCall(call: OpenAI.ChatCompletionMessageToolCall): OpenAI.ChatCompletionMessageToolCall {
  if (call.type !== 'function') return call;
  const { name, arguments: args } = call.function;
  return { id: call.id, type: 'function', function: { name, arguments: args } };
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
