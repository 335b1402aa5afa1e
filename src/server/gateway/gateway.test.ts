import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continued, openWorkbench, request, says, target } from './testing/workbench.ts';

const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'anthropic:claude-sonnet-5',
  'groq:openai/gpt-oss-120b',
  'groq:qwen/qwen3-32b',
  'openrouter:anthropic/claude-sonnet-4.5',
  'openrouter:google/gemini-3.5-flash',
  'openrouter:moonshotai/kimi-k2.7-code',
  'compatible:llama3.2',
];

for (const helicone of [undefined, 'proxy', 'gateway'] as const)
  for (const name of models)
    test(`a tool loop with parallel calls and reasoning goes round over ${helicone ?? 'direct'}: ${name}`, async () => {
      await using bench = await openWorkbench({
        ...(helicone ? { helicone } : {}),
        script: ({ step, model }) =>
          step < 2
            ? {
                reasoning: `Thinking of ${model}, größer als 世界 🌍.`,
                text: `Step ${step}. `,
                calls: [
                  { name: 'read_file', args: { path: `a${step}.txt` } },
                  { name: 'read_file', args: { path: 'ü "quoted" \\ 世界.txt' } },
                ],
              }
            : { reasoning: 'Enough.', text: 'Done: größer 🌍.' },
      });
      const to = target(name);
      const settings = to.capabilities.reasoning ? { reasoningEffort: 'medium' as const } : {};
      let messages = [says('Read them.')];
      for (let step = 0; step < 3; step++) {
        const { finished, failure } = await bench.ask(request(to, { messages, settings }));
        assert.deepEqual(
          bench.providers.refusals.map(({ refusal }) => refusal),
          [],
        );
        assert.ifError(failure);
        assert.ok(finished);
        const calls = finished.parts.flatMap((part) =>
          part.type === 'tool-call' ? [JSON.parse(part.args) as unknown] : [],
        );
        assert.deepEqual(
          calls,
          step < 2 ? [{ path: `a${step}.txt` }, { path: 'ü "quoted" \\ 世界.txt' }] : [],
        );
        messages = [...messages, ...continued(finished)];
      }
      assert.deepEqual(bench.providers.mistakes, []);
    });
