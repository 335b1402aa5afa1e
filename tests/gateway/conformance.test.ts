import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import type { Answer, Script } from '#tests/upstreams/index.ts';
import { assertGrammar } from './support/grammar.ts';
import { openLoopback, targetOf, type Loopback } from './support/loopback.ts';
import { conversations } from './support/official/index.ts';

/** Each client wire in front of each provider wire, with the strict stand-ins behind and the official clients before. */

const clients: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'anthropic:claude-opus-4-8',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
  'openrouter:google/gemini-3.1-pro-preview',
  'compatible:kimi-k2-thinking',
];
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const usage = { input: 100, output: 20, cacheRead: 60, cacheWrite: 0, reasoning: 0 };

let loopback: Loopback;
before(async () => (loopback = await openLoopback()));
after(() => loopback[Symbol.asyncDispose]());
afterEach(() => {
  for (const { path, text } of loopback.sent.splice(0)) assertGrammar(path, text);
});

/** Where the requests of this test begin. */
let start = 0;

function scripted(answers: readonly Answer[] | Script): void {
  start = loopback.providers.requests.length;
  loopback.providers.script(answers);
}

function assertAccepted(): void {
  const refusals = loopback.providers.requests.slice(start).flatMap(({ refusal }) => refusal ?? []);
  assert.deepEqual(refusals, []);
  assert.deepEqual(loopback.providers.mistakes, []);
}

for (const wire of clients)
  for (const model of models)
    for (const stream of [true, false]) {
      const name = `${wire} → ${model}, ${stream ? 'streamed' : 'whole'}`;

      test(`text, its usage and its end arrive: ${name}`, async () => {
        scripted([{ text: 'Größe 世界 🌍.', usage }]);
        const conversation = conversations[wire](loopback.origin);
        conversation.say('Hello?');
        const understood = await conversation.ask({ model, stream });
        assertAccepted();
        assert.equal(understood.text, 'Größe 世界 🌍.');
        assert.equal(understood.finish, 'stop');
        assert.deepEqual(understood.usage, usage);
      });

      test(`a loop of parallel calls with reasoning gets its own reasoning back: ${name}`, async () => {
        const calls = [
          { name: 'read_file', args: { path: 'a "b" ü.txt' } },
          { name: 'read_file', args: {} },
        ];
        scripted([
          { reasoning: 'Two files.', text: 'Reading.', calls },
          { reasoning: 'One more.', calls: [{ name: 'read_file', args: { path: 'c' } }] },
          { text: 'Done.' },
          { text: 'Bye.' },
        ]);
        const conversation = conversations[wire](loopback.origin);
        conversation.say('Read.');
        const asked = { model, stream, tools: true, thinks: true };
        const first = await conversation.ask(asked);
        assert.equal(first.text, 'Reading.');
        assert.equal(first.finish, 'tool-calls');
        assert.deepEqual(
          first.calls.map(({ name: called, args }) => [called, args]),
          calls.map(({ name: called, args }) => [called, args]),
        );
        const before = loopback.providers.requests.length;
        conversation.results(
          Object.fromEntries(first.calls.map(({ id }, at) => [id, { text: `text ${at}` }])),
        );
        const second = await conversation.ask(asked);
        conversation.results(Object.fromEntries(second.calls.map(({ id }) => [id, { text: 'text c' }])));
        const third = await conversation.ask(asked);
        assert.equal(third.text, 'Done.');
        conversation.say('And now?');
        assert.equal((await conversation.ask(asked)).text, 'Bye.');
        assertAccepted();
        const sent = loopback.providers.requests.slice(before).map(({ bodyText }) => bodyText);
        assert.ok(sent.every((body) => body.includes('text 1') && !body.includes('cp1.')));
        if (first.reasoning && !/groq|gpt-4o/.test(model))
          assert.ok(
            sent[1]?.includes('One more') || /gAAA|encrypted/.test(sent[1] ?? ''),
            `reasoning was not given back: ${sent[1]}`,
          );
      });

      test(`an image is seen, or a model that cannot see is told of it: ${name}`, async () => {
        scripted(({ images, lastUserText }) => ({ text: images ? 'seen' : lastUserText }));
        const conversation = conversations[wire](loopback.origin);
        conversation.say('What is this?', pixel);
        const understood = await conversation.ask({ model, stream });
        assertAccepted();
        if (targetOf(model).capabilities.images) assert.equal(understood.text, 'seen');
        else assert.match(understood.text, /This model cannot see images/);
      });

      test(`an answer at its limit is not taken for a whole one: ${name}`, async () => {
        scripted([{ text: 'Half', calls: [{ name: 'read_file', args: '{"path":"a' }], finish: 'length' }]);
        const conversation = conversations[wire](loopback.origin);
        conversation.say('Write.');
        const asked = { model, stream, tools: true };
        // The clients of chat parse the arguments of a call that is cut off, and fail.
        if (wire === 'openai-chat' && stream) return;
        const understood = await conversation.ask(asked);
        assertAccepted();
        assert.equal(understood.text, 'Half');
        assert.equal(understood.finish, 'length');
      });

      test(`a refusal is told as one: ${name}`, async () => {
        scripted([{ text: 'I will not.', finish: 'refusal' }]);
        const conversation = conversations[wire](loopback.origin);
        conversation.say('Do it.');
        const understood = await conversation.ask({ model, stream });
        assertAccepted();
        assert.ok(
          understood.refusal === 'I will not.' || understood.finish === 'filter',
          JSON.stringify(understood),
        );
      });
    }
