import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { conversations, type Asked } from './support/official/index.ts';
import { openPublicGateway, token, type PublicGatewayBench } from './support/public-gateway.ts';

/** One conversation of one client that goes from model to model over /v1, passed through or rewritten as it comes. */

/** One behind each wire, and one that signs what it thinks in details of its own. */
const models: Record<Wire, string[]> = {
  // Servers of chat completions refuse one another's fields of reasoning, and a client's bytes go to them as they are.
  'openai-chat': ['openai/gpt-5.2', 'anthropic/claude-sonnet-4-5', 'anthropic/claude-opus-4-8'],
  'anthropic-messages': [
    ...['openai/gpt-4o', 'openai/gpt-5.2', 'anthropic/claude-sonnet-4-5', 'anthropic/claude-opus-4-8'],
    ...[
      'groq/openai/gpt-oss-120b',
      'openrouter/anthropic/claude-sonnet-4.5',
      'openrouter/google/gemini-3.1-pro-preview',
    ],
  ],
  'openai-responses': [
    ...[
      'openai/gpt-4o',
      'anthropic/claude-sonnet-4-5',
      'anthropic/claude-opus-4-8',
      'groq/openai/gpt-oss-120b',
    ],
    ...[
      'openrouter/anthropic/claude-sonnet-4.5',
      'openrouter/google/gemini-3.1-pro-preview',
      'compatible/kimi-k2-thinking',
    ],
  ],
};

let bench: PublicGatewayBench;
before(async () => (bench = await openPublicGateway()));
after(() => bench[Symbol.asyncDispose]());

for (const [wire, names] of Object.entries(models) as [Wire, string[]][])
  for (const stream of [true, false])
    test(`every provider takes what others said before, there and back: ${wire}, ${stream ? 'streamed' : 'whole'}`, async () => {
      const start = bench.providers.requests.length;
      bench.providers.script(({ model, step, lastUserText }) =>
        step === 0
          ? {
              reasoning: `Thoughts of ${model}.`,
              text: `On ${lastUserText}`,
              calls: ['a', 'b'].map((path) => ({ name: 'read_file', args: { path } })),
            }
          : { reasoning: 'Enough.', text: `Done by ${model}.` },
      );
      const conversation = conversations[wire](bench.origin, token);
      for (const model of [...names, ...names.toReversed()]) {
        conversation.say(`Go on with ${model}.`);
        const thinks = !/gpt-4o/.test(model) && !(wire === 'anthropic-messages' && model.includes('opus'));
        const asked: Asked = { model, stream, tools: true, thinks };
        const { calls } = await conversation.ask(asked);
        assert.equal(calls.length, 2);
        conversation.results(Object.fromEntries(calls.map(({ id }) => [id, { text: `text of ${id}` }])));
        const { text } = await conversation.ask(asked);
        assert.equal(text, `Done by ${model.slice(model.indexOf('/') + 1)}.`);
      }
      const requests = bench.providers.requests.slice(start);
      assert.deepEqual(
        requests.flatMap(({ refusal }) => refusal ?? []),
        [],
      );
      assert.equal(requests.length, names.length * 4);
      assert.ok(requests.every(({ bodyText }) => !bodyText.includes('cp1.')));
    });

test('a client that drops reasoning loops with a model that thinks, and the model gets its own back', async () => {
  const model = 'anthropic/claude-sonnet-4-5';
  const start = bench.providers.requests.length;
  bench.providers.script(({ step }) =>
    step === 0
      ? { reasoning: 'I should look.', calls: [{ name: 'read_file', args: { path: 'a' } }] }
      : { text: 'Done.' },
  );
  const user = { role: 'user' as const, content: 'Read.' };
  const tools = [
    { type: 'function' as const, function: { name: 'read_file', parameters: { type: 'object' } } },
  ];
  const common = { model, reasoning_effort: 'high' as const, tools };
  const first = await bench.openai.chat.completions.create({ ...common, messages: [user] });
  const calls = first.choices[0]?.message.tool_calls ?? [];
  const bare = { role: 'assistant' as const, tool_calls: calls };
  const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'text' }));
  await bench.openai.chat.completions.create({ ...common, messages: [user, bare, ...results] });
  const [, second] = bench.providers.requests.slice(start);
  assert.equal(second?.refusal, undefined);
  assert.match(second?.bodyText ?? '', /"type":"thinking","thinking":"I should look\."/);
  assert.match(second?.bodyText ?? '', /"budget_tokens"/);
});
