import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { startProviders, type Answer, type Providers } from './index.ts';

/** The providers' own clients read what the stand-ins send: the bytes are theirs. */

const answer: Answer = {
  reasoning: 'Größe first.',
  text: 'I read 世界 🌍.',
  calls: [
    { name: 'read_file', args: { path: 'a "b" ü.txt' } },
    { name: 'read_file', args: {} },
  ],
  usage: { input: 100, output: 20, cacheRead: 60, cacheWrite: 10, reasoning: 5 },
};

let providers: Providers;
before(async () => (providers = await startProviders({ script: () => answer })));
after(() => providers.close());

for (const name of ['openai', 'groq', 'openrouter', 'compatible'] as const)
  test(`the openai client reads a chat stream of ${name}`, async () => {
    const { baseUrl, key } = providers[name];
    const client = new OpenAI({ baseURL: baseUrl, apiKey: key || 'none', maxRetries: 0 });
    const model = name === 'openrouter' ? 'z-ai/glm-5.2' : 'gpt-4o';
    const messages = [{ role: 'user' as const, content: 'Go.' }];
    const stream = client.chat.completions.stream({
      model,
      messages,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    const whole = await client.chat.completions.create({ model, messages });
    for (const { choices, usage } of [streamed, whole]) {
      assert.equal(choices[0]?.message.content, answer.text);
      assert.equal(choices[0]?.finish_reason, 'tool_calls');
      const calls = choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(
        calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments)),
        [{ path: 'a "b" ü.txt' }, {}],
      );
      assert.equal(usage?.prompt_tokens, 100);
      assert.equal(usage?.prompt_tokens_details?.cached_tokens, 60);
    }
  });

test('the openai client reads a responses stream', async () => {
  const client = new OpenAI({
    baseURL: providers.openai.baseUrl,
    apiKey: providers.openai.key,
    maxRetries: 0,
  });
  const input = { model: 'gpt-5.2', input: 'Go.', store: false, reasoning: { summary: 'auto' as const } };
  const streamed = await client.responses.stream(input).finalResponse();
  const whole = await client.responses.create(input);
  for (const response of [streamed, whole]) {
    assert.equal(response.output_text, answer.text);
    assert.deepEqual(
      response.output.map(({ type }) => type),
      ['reasoning', 'message', 'function_call', 'function_call'],
    );
    assert.equal(response.usage?.input_tokens_details.cached_tokens, 60);
  }
});

test('the anthropic client reads a messages stream, and the whole answer is the same', async () => {
  const client = new Anthropic({
    baseURL: providers.anthropic.baseUrl,
    apiKey: providers.anthropic.key,
    maxRetries: 0,
  });
  const body = {
    model: 'claude-sonnet-4-5',
    max_tokens: 8_000,
    thinking: { type: 'enabled' as const, budget_tokens: 2_000 },
    messages: [{ role: 'user' as const, content: 'Go.' }],
  };
  const streamed = await client.messages.stream(body).finalMessage();
  const whole = await client.messages.create(body);
  for (const { content, stop_reason, usage } of [streamed, whole]) {
    assert.deepEqual(
      content.map(({ type }) => type),
      ['thinking', 'text', 'tool_use', 'tool_use'],
    );
    assert.equal(content[1]?.type === 'text' && content[1].text, answer.text);
    assert.deepEqual(content[2]?.type === 'tool_use' && content[2].input, { path: 'a "b" ü.txt' });
    assert.equal(stop_reason, 'tool_use');
    assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens], [30, 60, 20]);
  }
});
