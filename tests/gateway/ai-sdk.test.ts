import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool, type LanguageModel } from 'ai';
import { openLoopback, type Loopback } from './support/loopback.ts';
import { schema } from './support/official/index.ts';
import { warningsOf } from './support/warnings.ts';

/** The Vercel AI SDK in front of every provider wire, with a loop of calls that it runs by itself. */

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

const providers: Record<string, (model: string) => LanguageModel> = {
  'openai (responses)': (model) => openAi().responses(model),
  'openai (chat completions)': (model) => openAi().chat(model),
  anthropic: (model) => createAnthropic({ baseURL: `${loopback.origin}/v1`, apiKey: 'cp-test' })(model),
  'openai-compatible': (model) =>
    createOpenAICompatible({
      name: 'crosspoint',
      baseURL: `${loopback.origin}/v1`,
      apiKey: 'cp-test',
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
};

function openAi() {
  return createOpenAI({ baseURL: `${loopback.origin}/v1`, apiKey: 'cp-test' });
}

/** What each calls thinking; it warns of a setting that it does not send. */
function settings(name: string) {
  const openai = { store: false, forceReasoning: true, reasoningEffort: 'medium' };
  return {
    openai: name.includes('chat') ? openai : { ...openai, reasoningSummary: 'auto' },
    anthropic: { thinking: { type: 'enabled', budgetTokens: 4_000 } },
    crosspoint: { reasoningEffort: 'medium' },
  };
}

for (const [name, make] of Object.entries(providers))
  for (const model of models)
    for (const stream of [true, false])
      test(`the AI SDK's ${name} runs a loop of calls: ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const start = loopback.providers.requests.length;
        const paths = ['a "ü"', 'b'];
        loopback.providers.script([
          {
            reasoning: 'I should look.',
            text: 'Reading.',
            calls: paths.map((path) => ({ name: 'read_file', args: { path } })),
          },
          { text: 'Done.', usage: { input: 100, output: 20, cacheRead: 60 } },
        ]);
        const read: string[] = [];
        const warnings = await warningsOf(async () => {
          const options = {
            model: make(model),
            prompt: 'Read.',
            maxOutputTokens: 8_000,
            maxRetries: 0,
            providerOptions: settings(name),
            stopWhen: stepCountIs(3),
            tools: {
              read_file: tool({
                inputSchema: jsonSchema<{ path: string }>(schema as object),
                execute: ({ path }) => {
                  read.push(path);
                  return `text of ${path}`;
                },
              }),
            },
          };
          const steps = stream ? await streamed(options) : (await generateText(options)).steps;
          const last = steps.at(-1);
          assert.equal(last?.text, 'Done.');
          assert.equal(last?.usage.inputTokens, 100);
          assert.equal(last?.usage.outputTokens, 20);
          assert.equal(last?.usage.inputTokenDetails.cacheReadTokens, 60);
        });
        assert.deepEqual(read, paths);
        assert.deepEqual(warnings, []);
        const requests = loopback.providers.requests.slice(start);
        assert.deepEqual(
          requests.flatMap(({ refusal }) => refusal ?? []),
          [],
        );
        assert.doesNotMatch(requests[1]?.bodyText ?? '', /cp1\./);
      });

async function streamed(options: Parameters<typeof streamText>[0]) {
  const failures: unknown[] = [];
  const result = streamText({
    ...options,
    onError: ({ error }) => void failures.push(error),
  } as typeof options);
  await result.consumeStream();
  assert.deepEqual(failures, []);
  return result.steps;
}

for (const [name, make] of Object.entries(providers))
  test(`the AI SDK's ${name} gets an object of its schema from every model`, async () => {
    loopback.providers.script(() => ({ text: '{"path":"a"}' }));
    for (const model of models) {
      const output = Output.object({ schema: jsonSchema<{ path: string }>(schema as object) });
      const answer = await generateText({ model: make(model), prompt: 'Go.', maxRetries: 0, output });
      assert.deepEqual(answer.output, { path: 'a' });
    }
  });
