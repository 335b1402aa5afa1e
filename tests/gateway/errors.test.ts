import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import type { Wire } from '#protocol/message.ts';
import type { Fault } from '#tests/upstreams/index.ts';
import { openLoopback, type Loopback } from './support/loopback.ts';
import { conversations } from './support/official/index.ts';

/** A failure reaches a client as its own wire tells failures, and a broken answer never looks like a whole one. */

const wires: Wire[] = ['openai-chat', 'anthropic-messages', 'openai-responses'];
/** One behind each provider wire. */
const models = ['openai:gpt-4o', 'openai:gpt-5.2', 'anthropic:claude-sonnet-4-5'];

let loopback: Loopback;
before(async () => (loopback = await openLoopback({ deadlineScale: 0.02 })));
after(() => loopback[Symbol.asyncDispose]());

async function failing(wire: Wire, model: string, stream: boolean, fault: Fault) {
  loopback.sent.length = 0;
  loopback.providers.script(() => ({ text: 'This is how it begins.', fault }));
  const conversation = conversations[wire](loopback.origin);
  conversation.say('Go.');
  const error = await conversation.ask({ model, stream }).then(
    (understood) => assert.fail(`taken for an answer: ${JSON.stringify(understood)}`),
    (cause: unknown) => cause as InstanceType<typeof OpenAI.APIError>,
  );
  return { error, bytes: loopback.sent.at(-1)?.text ?? '' };
}

const statuses: [what: string, fault: Fault, status: number, type: string][] = [
  [
    'a refused request',
    { kind: 'status', status: 400, message: 'no such thing' },
    400,
    'invalid_request_error',
  ],
  ['a limit', { kind: 'status', status: 429 }, 429, 'rate_limit_error'],
  ['an overload', { kind: 'status', status: 503 }, 503, 'overloaded_error'],
  [
    'a model that is not there',
    { kind: 'status', status: 404, code: 'model_not_found' },
    404,
    'not_found_error',
  ],
];

for (const wire of wires)
  for (const model of models)
    for (const stream of [true, false]) {
      const name = `${wire} → ${model}, ${stream ? 'streamed' : 'whole'}`;
      for (const [what, fault, status, type] of statuses)
        test(`${what} has the status and the shape of the client's wire: ${name}`, async () => {
          const { error, bytes } = await failing(wire, model, stream, fault);
          const known = wire === 'anthropic-messages' ? Anthropic.APIError : OpenAI.APIError;
          assert.ok(error instanceof known, String(error));
          assert.equal(error.status, status);
          const body = JSON.parse(bytes) as { type?: string; error: { type: string; message: string } };
          assert.equal(body.error.type, type);
          assert.equal(body.type, wire === 'anthropic-messages' ? 'error' : undefined);
          assert.ok(body.error.message.length > 20);
        });

      const broken: [what: string, fault: Fault][] = [
        ['a cut', { kind: 'cut', after: 'text', how: 'reset' }],
        ['an end without its end', { kind: 'cut', after: 'text', how: 'close' }],
        ['an error inside the stream', { kind: 'error-event', after: 'text', status: 503 }],
        ['silence', { kind: 'stall', after: 'text' }],
        ['no JSON', { kind: 'malformed', after: 'text' }],
      ];
      if (stream)
        for (const [what, fault] of broken)
          test(`${what} in the middle is an error event, and no end: ${name}`, async () => {
            const { bytes } = await failing(wire, model, true, fault);
            assert.match(bytes, /"error"/);
            assert.doesNotMatch(bytes, /\[DONE\]|message_stop|response\.completed|response\.incomplete/);
            assert.match(bytes, /This is/);
          });
    }

const overflows: Record<string, string> = {
  'openai:gpt-4o':
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 200000 tokens.",
  'anthropic:claude-sonnet-4-5': 'prompt is too long: 200001 tokens > 200000 maximum',
};

for (const wire of wires)
  for (const [model, message] of Object.entries(overflows))
    test(`a conversation that is too long is told in the words that agents know: ${wire} → ${model}`, async () => {
      const fault: Fault = { kind: 'status', status: 400, message, code: 'context_length_exceeded' };
      const { error, bytes } = await failing(wire, model, true, fault);
      assert.equal(error.status, 400);
      if (wire === 'anthropic-messages') assert.match(bytes, /"message":"prompt is too long: /);
      else assert.match(bytes, /"code":"context_length_exceeded"/);
    });
