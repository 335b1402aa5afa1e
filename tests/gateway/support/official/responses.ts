import type OpenAI from 'openai';
import { description, openAiClient, schema, type Conversation, type Understood } from './common.ts';

type Item = OpenAI.Responses.ResponseInputItem;

export function responses(origin: string, key?: string): Conversation {
  const client = openAiClient(origin, key);
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
