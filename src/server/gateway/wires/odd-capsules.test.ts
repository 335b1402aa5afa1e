import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continued, openWorkbench, request, says, target } from '../testing/workbench.ts';

const models = [
  'openai:gpt-4o',
  'openai:gpt-5.4',
  'anthropic:claude-sonnet-4-5',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
  'openrouter:google/gemini-3.5-flash',
  'gemini:gemini-3-pro-preview',
  'compatible:kimi-k2-thinking',
];

/** What a record may hold that another program wrote, or an older version of this one. */
const odd = [
  ...['null', '[]', '1', '"text"', '{}', '[null]', 'not JSON', '', '{"id":1}', '{"extra_content":null}'],
  ...['{"type":"thinking","thinking":"hm"}', '{"type":"thinking","thinking":"hm","signature":""}'],
  ...['{"type":"redacted_thinking"}', '{"type":"item_reference","id":"rs_1"}', '{"extra_content":[]}'],
  '{"type":"reasoning","id":"rs_1","summary":[]}',
];

for (const helicone of [undefined, 'gateway'] as const)
  for (const name of models)
    test(`a capsule of its own that no provider could have made is left out, whatever part has it: ${name}${helicone ? ', gateway' : ''}`, async () => {
      await using bench = await openWorkbench(helicone ? { helicone } : {});
      const kimi = /kimi/.test(name) ? { dialect: { reasoningContent: true } } : {};
      const to = target(name, kimi);
      const { provider, wire, model } = to;
      for (const data of odd) {
        const capsule = { provider, wire, model, data };
        const answer = continued({
          parts: [
            { type: 'reasoning', text: 'hm', capsule },
            { type: 'text', text: 'Well.', capsule },
            { type: 'tool-call', toolCallId: 'call_1', name: 'read_file', args: '{}', capsule },
          ],
        });
        // In a turn that is over, as Anthropic wants its own thinking first in one that is open.
        const messages = [
          says('Hello?'),
          ...answer,
          ...continued({ parts: [{ type: 'text', text: 'So.' }] }),
          says('And?'),
        ];
        const settings = { reasoningEffort: 'medium' } as const;
        const { failure } = await bench.ask(request(to, { messages, settings }));
        assert.ifError(failure && new Error(`${data}: ${failure.message}`));
      }
      assert.deepEqual(bench.providers.refusals, []);
    });
