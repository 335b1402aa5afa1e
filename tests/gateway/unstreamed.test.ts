import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import type { Answer, Asked } from '#tests/upstreams/index.ts';
import { assertGrammar } from './support/grammar.ts';
import { conversations } from './support/official/index.ts';
import { openPublicGateway, small } from './support/public-gateway.ts';

/** Clients that ask for a stream of a model that its provider does not stream. */

const own: [wire: Wire, model: string][] = [
  ['openai-chat', 'openai/gpt-4o'],
  ['openai-responses', 'openai/gpt-5.2'],
  ['anthropic-messages', 'anthropic/claude-sonnet-4-5'],
];

/** OpenAI's refusal of an organisation that is not verified. */
const refusal: Answer = {
  fault: {
    kind: 'status',
    status: 400,
    message: 'Your organization must be verified to stream this model.',
    code: 'unsupported_value',
    param: 'stream',
  },
};
const whole: Answer = {
  text: 'Whole. 世界',
  calls: [{ name: 'read_file', args: { path: 'a' } }],
  usage: { input: 100, output: 20, cacheRead: 60 },
};

for (const [wire, model] of [...own, ['anthropic-messages', 'openai/gpt-5.2'] as const]) {
  test(`a model that may not be streamed is asked without, once told, and its client gets a stream: ${wire} → ${model}`, async () => {
    const script = ({ stream }: Asked) => (stream ? refusal : whole);
    await using bench = await openPublicGateway({ script });
    for (const attempts of ['2', '1']) {
      const { path, body } = small(wire, model, true);
      const response = await bench.post(path, body);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(response.headers.get('content-type') ?? '', /event-stream/);
      assert.equal(response.headers.get('crosspoint-attempts'), attempts);
      assertGrammar(wire, text);
    }
    const conversation = conversations[wire](bench.origin);
    conversation.say('Read.');
    const understood = await conversation.ask({ model, stream: true, tools: true });
    assert.equal(understood.text, 'Whole. 世界');
    assert.deepEqual(
      understood.calls.map(({ args }) => args),
      [{ path: 'a' }],
    );
    assert.deepEqual(
      bench.providers.requests.map(({ body }) => body.stream === true),
      [true, false, false, false],
    );
    assert.deepEqual(bench.waits, []);
    const [first, second] = (await bench.rows()).sort((left, right) => (left.id < right.id ? -1 : 1));
    assert.deepEqual(
      [first?.status, second?.status, second?.inputTokens, second?.estimated],
      ['failed', 'settled', 100, false],
    );
  });
}

const bodies: Record<Wire, object> = {
  'openai-chat': {
    id: 'c1',
    object: 'chat.completion',
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Whole.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 2 },
  },
  'openai-responses': {
    id: 'resp_1',
    object: 'response',
    model: 'gpt-5.2',
    status: 'completed',
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Whole.', annotations: [] }],
      },
    ],
    usage: { input_tokens: 9, output_tokens: 2 },
  },
  'anthropic-messages': {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [{ type: 'text', text: 'Whole.' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 9, output_tokens: 2 },
  },
};

for (const [wire, model] of own) {
  const page = (body: object): Answer => ({
    fault: { kind: 'page', body: JSON.stringify(body), contentType: 'application/json' },
  });

  test(`a whole answer to who asked for a stream comes to the client as a stream: ${wire}`, async () => {
    await using bench = await openPublicGateway({ script: () => page(bodies[wire]) });
    const { path, body } = small(wire, model, true);
    const text = await (await bench.post(path, body)).text();
    assert.match(text, /^(?:event|data):/);
    assertGrammar(wire, text);
    const conversation = conversations[wire](bench.origin);
    conversation.say('Hello?');
    const understood = await conversation.ask({ model, stream: true });
    assert.deepEqual([understood.text, understood.finish], ['Whole.', 'stop']);
    const rows = await bench.rows();
    assert.deepEqual(
      rows.map(({ status, inputTokens, outputTokens }) => [status, inputTokens, outputTokens]),
      [
        ['settled', 9, 2],
        ['settled', 9, 2],
      ],
    );
  });

  test(`one that is none goes to the next of the chain: ${wire}`, async () => {
    const broken = { ...bodies[wire], choices: [{}], output: 1, content: 1 };
    const script = ({ provider }: Asked) => (provider === 'groq' ? { text: 'Second.' } : page(broken));
    await using bench = await openPublicGateway({ script });
    const { path, body } = small(wire, `${model},groq/openai/gpt-oss-120b`, true);
    const response = await bench.post(path, body);
    const text = await response.text();
    assert.equal(response.headers.get('helicone-provider'), 'groq', text);
    assertGrammar(wire, text);
  });
}
