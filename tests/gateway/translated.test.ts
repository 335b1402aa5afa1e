import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { conversations } from './support/official/index.ts';
import { openPublicGateway, small, type PublicGatewayBench } from './support/public-gateway.ts';

/** Every client wire over the real gateway in front of models of every wire: what passes and what is rewritten alike. */

const clients: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
const models = [
  'openai/gpt-4o',
  'openai/gpt-5.2',
  'anthropic/claude-sonnet-4-5',
  'compatible/kimi-k2-thinking',
];
const usage = { input: 100, output: 20, cacheRead: 60, cacheWrite: 0, reasoning: 0 };

let bench: PublicGatewayBench;
before(async () => (bench = await openPublicGateway()));
after(() => bench[Symbol.asyncDispose]());

for (const wire of clients)
  for (const model of models)
    for (const stream of [true, false]) {
      const name = `${wire} → ${model}, ${stream ? 'streamed' : 'whole'}`;

      test(`text, usage and one row: ${name}`, async () => {
        const rowsBefore = (await bench.rows()).length;
        bench.providers.script([{ text: 'Größe 世界 🌍.', usage }]);
        const conversation = conversations[wire](bench.origin);
        conversation.say('Hello?');
        const understood = await conversation.ask({ model, stream });
        assert.equal(understood.text, 'Größe 世界 🌍.');
        assert.equal(understood.finish, 'stop');
        // A chat client gets usage in a stream only where it asks for it.
        const [row, ...more] = (await bench.rows()).slice(rowsBefore);
        assert.deepEqual(more, []);
        assert.deepEqual(
          [row?.status, row?.inputTokens, row?.outputTokens, row?.cacheReadTokens],
          ['settled', 100, 20, 60],
        );
      });

      // In its own wire a history goes out as the client wrote it: that is between the client and the provider.
      if (isOwnWire(wire, model)) continue;

      test(`parallel calls and their results: ${name}`, async () => {
        const from = bench.providers.refusals.length;
        const calls = [
          { name: 'read_file', args: { path: 'a.txt' } },
          { name: 'read_file', args: { path: 'b.txt' } },
        ];
        bench.providers.script([{ text: 'Reading.', calls }, { text: 'Done.' }]);
        const conversation = conversations[wire](bench.origin);
        conversation.say('Read.');
        const first = await conversation.ask({ model, stream, tools: true });
        assert.deepEqual(
          first.calls.map(({ args }) => args),
          calls.map(({ args }) => args),
        );
        conversation.results(Object.fromEntries(first.calls.map(({ id }) => [id, { text: 'content' }])));
        assert.equal((await conversation.ask({ model, stream, tools: true })).text, 'Done.');
        assert.deepEqual(bench.providers.refusals.slice(from), []);
      });
    }

function isOwnWire(wire: Wire, model: string): boolean {
  if (model.startsWith('openai/')) return wire !== 'anthropic-messages';
  return wire === (model.startsWith('anthropic/') ? 'anthropic-messages' : 'openai-chat');
}

for (const wire of clients)
  for (const stream of [true, false])
    test(`a chain goes on in another wire, and the client sees its own: ${wire}, ${stream ? 'streamed' : 'whole'}`, async () => {
      bench.providers.script(({ model }) =>
        model === 'gpt-4o' ? { fault: { kind: 'status', status: 503 } } : { text: 'Second', usage },
      );
      const { path, body } = small(wire, 'openai/gpt-4o,anthropic/claude-sonnet-4-5', stream);
      const response = await bench.post(path, body);
      assert.equal(response.headers.get('helicone-provider'), 'anthropic');
      assert.match(await response.text(), /Second/);
    });

test('a stream in another wire that is cut ends with an error and without its normal end', async () => {
  for (const wire of clients) {
    const model = wire === 'anthropic-messages' ? 'openai/gpt-4o' : 'anthropic/claude-sonnet-4-5';
    bench.providers.script([{ text: 'Hello there.', fault: { kind: 'cut', after: 'text', how: 'close' } }]);
    const { path, body } = small(wire, model, true);
    const answer = await (await bench.post(path, body)).text();
    assert.match(answer, /broke off/);
    assert.doesNotMatch(answer, /\[DONE\]|message_stop|response\.completed/);
  }
});

for (const through of ['proxy', 'gateway'] as const)
  test(`over Helicone's ${through}, and directly when Helicone fails`, async () => {
    await using helicone = await openPublicGateway({ through, script: () => ({ text: 'Hello', usage }) });
    for (const wire of clients) {
      const { path, body } = small(wire, 'openai/gpt-4o', true);
      assert.match(await (await helicone.post(path, body)).text(), /Hello/);
    }
    assert.deepEqual(
      new Set((await helicone.rows()).map(({ route }) => route)),
      new Set([`helicone-${through}`]),
    );
    helicone.providers.helicone.trouble = { status: 500 };
    const { path, body } = small('openai-chat', 'openai/gpt-4o', false);
    assert.match(await (await helicone.post(path, body)).text(), /Hello/);
    const last = (await helicone.rows()).slice(-2);
    assert.deepEqual(
      last.map(({ route, status }) => [route, status]),
      [
        [`helicone-${through}`, 'failed'],
        ['direct', 'settled'],
      ],
    );
  });
