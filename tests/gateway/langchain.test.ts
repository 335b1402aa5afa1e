import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ChatAnthropic } from '@langchain/anthropic';
import type { AIMessageChunk } from '@langchain/core/messages';
import { HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { openLoopback, type Loopback } from './support/loopback.ts';
import { schema } from './support/official/index.ts';
import { warningsOf } from './support/warnings.ts';

/** LangChain's models in front of every provider wire: text, calls, reasoning, schemas, usage. */

const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'openrouter:anthropic/claude-sonnet-4.5',
  'openrouter:google/gemini-3.1-pro-preview',
];

let loopback: Loopback;
before(async () => (loopback = await openLoopback()));
after(() => loopback[Symbol.asyncDispose]());

const makers = {
  'ChatOpenAI (chat completions)': (model: string) =>
    new ChatOpenAI({ ...openAi(), model, streamUsage: true, useResponsesApi: false }),
  'ChatOpenAI (responses)': (model: string) =>
    new ChatOpenAI({
      ...openAi(),
      model,
      useResponsesApi: true,
      zdrEnabled: true,
      reasoning: { effort: 'medium' },
    }),
  ChatAnthropic: (model: string) =>
    new ChatAnthropic({
      model,
      apiKey: 'cp-test',
      anthropicApiUrl: loopback.origin,
      maxTokens: 16_000,
      maxRetries: 0,
      thinking: { type: 'enabled', budget_tokens: 4_000 },
    }),
};

function openAi() {
  return { apiKey: 'cp-test', maxRetries: 0, configuration: { baseURL: `${loopback.origin}/v1` } };
}

const tool = { name: 'read_file', description: 'Reads a file.', schema };

for (const [maker, make] of Object.entries(makers))
  for (const model of models)
    for (const stream of [true, false])
      test(`${maker} holds a conversation with calls: ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const start = loopback.providers.requests.length;
        loopback.providers.script([
          {
            reasoning: 'I should look.',
            text: 'Reading.',
            calls: [
              { name: 'read_file', args: { path: 'a "ü"' } },
              { name: 'read_file', args: { path: 'b' } },
            ],
            usage: { input: 100, output: 20, cacheRead: 60 },
          },
          { text: 'Done.' },
        ]);
        const warnings = await warningsOf(async () => {
          const bound = make(model).bindTools([tool]);
          const messages: BaseMessage[] = [new HumanMessage('Read.')];
          const first = await said(bound, messages, stream);
          assert.equal(first.text, 'Reading.');
          assert.deepEqual(
            first.tool_calls?.map(({ name, args }) => [name, args]),
            [
              ['read_file', { path: 'a "ü"' }],
              ['read_file', { path: 'b' }],
            ],
          );
          assert.equal(first.usage_metadata?.output_tokens, 20);
          assert.ok((first.usage_metadata?.input_tokens ?? 0) > 20);
          messages.push(first);
          for (const { id = '' } of first.tool_calls ?? [])
            messages.push(new ToolMessage({ tool_call_id: id, content: `text of ${id}` }));
          assert.equal((await said(bound, messages, stream)).text, 'Done.');
        });
        assert.deepEqual(warnings, []);
        const requests = loopback.providers.requests.slice(start);
        assert.deepEqual(
          requests.flatMap(({ refusal }) => refusal ?? []),
          [],
        );
        assert.equal(requests.length, 2);
        assert.doesNotMatch(requests[1]?.bodyText ?? '', /cp1\./);
      });

type Model = ReturnType<ReturnType<(typeof makers)[keyof typeof makers]>['bindTools']>;

async function said(model: Model, messages: BaseMessage[], stream: boolean): Promise<AIMessageChunk> {
  if (!stream) return (await model.invoke(messages)) as AIMessageChunk;
  let whole: AIMessageChunk | undefined;
  for await (const chunk of await model.stream(messages)) {
    const next = chunk as AIMessageChunk;
    whole = whole ? whole.concat(next) : next;
  }
  assert.ok(whole);
  return whole;
}

for (const model of models)
  test(`LangChain's structured output is held to its schema: ${model}`, async () => {
    loopback.providers.script(() => ({ text: '{"path":"a"}' }));
    const options = { method: 'jsonSchema', name: 'answer', strict: true } as const;
    for (const maker of ['ChatOpenAI (chat completions)', 'ChatOpenAI (responses)'] as const) {
      const answer: unknown = await makers[maker](model).withStructuredOutput(schema, options).invoke('Go.');
      assert.deepEqual(answer, { path: 'a' });
    }
    const body = loopback.providers.requests.at(-1)?.bodyText ?? '';
    assert.match(body, /"json_schema"/);
  });
