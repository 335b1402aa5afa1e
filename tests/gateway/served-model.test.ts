import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { openLiveGateway } from './support/live-gateway.ts';
import { openPublicGateway, small } from './support/public-gateway.ts';

/** What an answer and a failure call the model and its provider: the same in the client's own wire and in every other. */

const clients: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
const second = {
  claude: 'anthropic/claude-sonnet-4-5',
  gpt: 'openai/gpt-5.2',
  kimi: 'compatible/kimi-k2-thinking',
};

test('the answer to a chain names the model that served it as its provider does, in every wire', async () => {
  await using bench = await openPublicGateway({
    script: ({ model }) =>
      model === 'gpt-4o'
        ? { fault: { kind: 'status', status: 503 } }
        : { text: 'Second', servedModel: `${model}-2026-11-01` },
  });
  for (const wire of clients)
    for (const model of Object.values(second))
      for (const stream of [true, false]) {
        const { path, body } = small(wire, `openai/gpt-4o,${model}`, stream);
        const text = await (await bench.post(path, body)).text();
        const named = new Set([...text.matchAll(/"model":"([^"]*)"/g)].map(([, name]) => name));
        const [, id = ''] = model.split('/');
        assert.deepEqual([...named], [`${id}-2026-11-01`], `${wire} → ${model}, ${stream}: ${text}`);
      }
});

test('a stream that breaks off tells the provider’s name, alike in its own wire and in every other', async () => {
  await using live = await openLiveGateway(
    {},
    {
      script: () => ({ text: 'Hello there.', fault: { kind: 'cut', after: 'text', how: 'close' } }),
    },
  );
  for (const [model, label] of [
    ['openai/gpt-4.1', 'OpenAI'],
    ['anthropic/claude-sonnet-4-5', 'Anthropic'],
  ] as const)
    for (const wire of clients) {
      const { path, body } = small(wire, model, true);
      const text = await (await live.post(path, body)).text();
      assert.match(text, new RegExp(`The answer of ${label} broke off`), `${wire} → ${model}`);
    }
});
