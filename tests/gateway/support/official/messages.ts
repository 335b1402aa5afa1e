import type Anthropic from '@anthropic-ai/sdk';
import { description, anthropicClient, schema, type Conversation, type Understood } from './common.ts';

export function messages(origin: string, key?: string): Conversation {
  const client = anthropicClient(origin, key);
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
