import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { CrosspointError } from '#protocol/errors.ts';
import { StreamError } from '../errors/stream-error.ts';
import { SseParser } from '../sse.ts';
import { target } from '../testing/workbench.ts';
import type { Dialect, Target } from '../types.ts';
import { wires } from './index.ts';
import type { WireAnswer, WireDelta } from './wire.ts';

/** Reads a recording as the attempt does, in chunks that end at any byte. */
function read(name: string, to: Target, dialect: Dialect, sizes: readonly number[]) {
  const bytes = readFileSync(new URL(`../../../../tests/recordings/${name}.sse`, import.meta.url));
  const parser = new SseParser(to.provider);
  const reader = wires[to.wire].reader(to, dialect);
  const deltas: WireDelta[] = [];
  for (let start = 0, chunk = 0; start < bytes.length && !reader.done; chunk++) {
    const end = start + (sizes[chunk % sizes.length] ?? bytes.length);
    for (const event of parser.push(bytes.subarray(start, end)))
      if (!reader.done) deltas.push(...reader.push(event));
    start = end;
  }
  return { deltas, reader };
}

const anthropic = target('anthropic:claude-sonnet-5');
const chat = target('openai:gpt-4o');
const responses = target('openai:gpt-5.4');
const openRouter: Dialect = { reasoningDetails: true, declaredCost: true };

const call = (toolCallId: string, name: string, args: string) => ({
  type: 'tool-call',
  toolCallId,
  name,
  args,
});
const usage = (
  inputTokens: number,
  outputTokens: number,
  cacheReadTokens = 0,
  reasoningTokens = 0,
  cacheWriteTokens = 0,
) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
  reasoningTokens,
});

/** What each recording says: the answer without its capsules, and the data of the capsules. */
const answers: [
  name: string,
  to: Target,
  dialect: Dialect,
  answer: Partial<WireAnswer> | object,
  capsules: unknown[],
][] = [
  [
    'anthropic-thinking-and-calls',
    anthropic,
    {},
    {
      reason: 'tool-calls',
      servedModel: 'claude-sonnet-5',
      usage: usage(197, 373, 120, 62, 30),
      parts: [
        { type: 'reasoning', text: 'I should look at größe.ts first.' },
        { type: 'text', text: "I'll read it for you." },
        call('toolu_rec1', 'read_file', '{"path": "größe.ts"}'),
        call('toolu_rec2', 'list_files', '{}'),
      ],
    },
    [{ type: 'thinking', thinking: 'I should look at größe.ts first.', signature: 'c2lnbmF0dXJl' }],
  ],
  [
    'anthropic-refusal',
    anthropic,
    {},
    { reason: 'refusal', servedModel: 'claude-fable-5', usage: usage(18, 5), parts: [] },
    [],
  ],
  [
    'anthropic-hour-in-cache',
    anthropic,
    {},
    {
      reason: 'stop',
      servedModel: 'claude-sonnet-5',
      usage: { ...usage(3506, 12, 1200, 0, 2300), longCacheWriteTokens: 2000 },
      parts: [{ type: 'text', text: 'Kept for an hour.' }],
    },
    [],
  ],
  [
    'anthropic-compatible-whole-input',
    anthropic,
    {},
    {
      reason: 'tool-calls',
      servedModel: 'compatible-1',
      usage: usage(5, 9),
      parts: [call('call_1', 'read_file', '{"path":"a.txt"}')],
    },
    [],
  ],
  [
    'openai-chat-alternating-calls',
    chat,
    {},
    {
      reason: 'tool-calls',
      servedModel: 'gpt-4o-2024-08-06',
      usage: usage(210, 48, 128),
      parts: [call('call_A', 'read_file', '{"path": "ü.txt"}'), call('call_B', 'list_files', '{}')],
    },
    [],
  ],
  [
    'azure-chat-empty-choices',
    chat,
    {},
    {
      reason: 'stop',
      servedModel: 'gpt-4o-2024-08-06',
      usage: null,
      parts: [{ type: 'text', text: 'Guten Tag.' }],
    },
    [],
  ],
  [
    'openai-responses-reasoning-and-call',
    responses,
    {},
    {
      reason: 'tool-calls',
      servedModel: 'gpt-5.4-2026-03-05',
      usage: usage(345, 125, 256, 64),
      parts: [
        { type: 'reasoning', text: '**Plan**\n\nRead first.\n\nThen edit.' },
        { type: 'text', text: 'I look at größe.ts.' },
        call('call_rec', 'read_file', '{"path":"größe.ts"}'),
      ],
    },
    [
      {
        id: 'rs_rec',
        type: 'reasoning',
        encrypted_content: 'gAAAAABwhole',
        summary: [
          { type: 'summary_text', text: '**Plan**\n\nRead first.' },
          { type: 'summary_text', text: 'Then edit.' },
        ],
      },
      { id: 'msg_rec', phase: 'commentary' },
      { id: 'fc_rec' },
    ],
  ],
  [
    'groq-reasoning-and-call',
    target('groq:openai/gpt-oss-120b'),
    {},
    {
      reason: 'tool-calls',
      servedModel: 'openai/gpt-oss-120b',
      usage: usage(210, 15),
      parts: [
        { type: 'reasoning', text: 'We need the file.' },
        call('tk85n1k4m', 'read_file', '{"path":"a"}'),
      ],
    },
    [],
  ],
  [
    'openrouter-gemini-call',
    target('openrouter:google/gemini-3.5-flash'),
    openRouter,
    {
      reason: 'tool-calls',
      servedModel: 'google/gemini-3.5-flash',
      usage: { ...usage(100, 20, 0, 9), chargedUsd: 0.00033 },
      parts: [
        { type: 'reasoning', text: '**Reading** the file.' },
        call('tool_0_read_file', 'read_file', '{"path":"a"}'),
      ],
    },
    [
      [
        { type: 'reasoning.text', text: '**Reading** the file.', format: 'google-gemini-v1', index: 0 },
        {
          id: 'tool_0_read_file',
          type: 'reasoning.encrypted',
          data: 'EjQK',
          format: 'google-gemini-v1',
          index: 1,
        },
      ],
    ],
  ],
  [
    'deepseek-reasoning',
    target('compatible:deepseek-reasoner'),
    { reasoningContent: true },
    {
      reason: 'stop',
      servedModel: 'deepseek-reasoner',
      usage: usage(50, 30, 32, 20),
      parts: [
        { type: 'reasoning', text: 'Hm, easy.' },
        { type: 'text', text: '42' },
      ],
    },
    [{ reasoning_content: 'Hm, easy.' }],
  ],
  [
    'ollama-calls-under-one-index',
    target('compatible:qwen3:8b'),
    {},
    {
      reason: 'tool-calls',
      servedModel: 'qwen3:8b',
      usage: null,
      parts: [
        { type: 'reasoning', text: 'Look.' },
        call('call_o1', 'read_file', '{"path":"a"}'),
        call('call_o2', 'read_file', '{"path":"b"}'),
      ],
    },
    [],
  ],
  [
    'llamacpp-without-done',
    target('compatible:local'),
    {},
    { reason: 'length', servedModel: 'local', usage: usage(9, 1), parts: [{ type: 'text', text: 'Hi' }] },
    [],
  ],
];

const anySizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 });

for (const [name, to, dialect, expected, capsules] of answers)
  test(`a recorded stream is read whole wherever its bytes are cut: ${name}`, () => {
    fc.assert(
      fc.property(anySizes, (sizes) => {
        const { reader, deltas } = read(name, to, dialect, sizes);
        const answer = reader.end();
        const parts = answer.parts.map(({ capsule: _capsule, ...part }) => part);
        assert.deepEqual({ ...answer, parts }, expected);
        const sealed = answer.parts.flatMap(({ capsule }) => (capsule ? [capsule] : []));
        assert.deepEqual(
          sealed.map(({ data }) => JSON.parse(data) as unknown),
          capsules,
        );
        for (const { provider, wire, model } of sealed)
          assert.deepEqual([provider, wire, model], [to.provider, to.wire, to.model]);
        for (const kind of ['text', 'reasoning'] as const) {
          const shown = deltas
            .flatMap((delta) => ('text' in delta && delta.type === `${kind}-delta` ? [delta.text] : []))
            .join('');
          const kept = answer.parts.flatMap((part) => (part.type === kind ? [part.text] : [])).join('');
          assert.equal(shown, kept);
        }
      }),
      { numRuns: 60 },
    );
  });

test('an answer that was never ended is a cut stream at every event, and no call of it is kept', () => {
  for (const [name, to, dialect] of answers) {
    const text = readFileSync(
      new URL(`../../../../tests/recordings/${name}.sse`, import.meta.url),
      'utf8',
    ).replaceAll('\r\n', '\n');
    const events = text.split('\n\n').filter(Boolean);
    for (let count = 0; count < events.length - 3; count++) {
      const reader = wires[to.wire].reader(to, dialect);
      const parser = new SseParser(to.provider);
      const cut = events
        .slice(0, count)
        .map((event) => `${event}\n\n`)
        .join('');
      for (const event of parser.push(Buffer.from(cut))) reader.push(event);
      const isCut = (cause: unknown) =>
        cause instanceof CrosspointError && cause.code === 'provider_stream_cut';
      assert.throws(() => reader.end(), isCut, `${name} after ${count}`);
      assert.ok(reader.partial().parts.every(({ type }) => type === 'text'));
    }
  }
});

test('F7: a call that its stream never closed is not real, even when the stream as a whole was ended', () => {
  const events = [
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'write_file', input: {} },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
    { type: 'message_stop' },
  ];
  const reader = wires['anthropic-messages'].reader(anthropic, {});
  for (const event of events) reader.push({ event: event.type, data: JSON.stringify(event) });
  assert.deepEqual(reader.end().parts, []);
  const item = {
    type: 'function_call',
    status: 'incomplete',
    call_id: 'c',
    name: 'write_file',
    arguments: '{}',
  };
  const incomplete = wires['openai-responses'].reader(responses, {});
  for (const data of [
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: { status: 'completed' } },
  ])
    incomplete.push({ event: data.type, data: JSON.stringify(data) });
  assert.deepEqual(incomplete.end().parts, []);
});

for (const [name, to, text] of [
  ['openrouter-error-in-the-middle', target('openrouter:z-ai/glm-5.2'), 'Half a '],
  ['openai-responses-quota', responses, ''],
] as const)
  test(`F8: an error inside a recorded stream is thrown with what it says: ${name}`, () => {
    assert.throws(
      () => read(name, to, openRouter, [37]),
      (cause: unknown) => cause instanceof StreamError && /disconnected|quota/.test(cause.facts.message),
    );
    const reader = wires[to.wire].reader(to, openRouter);
    const bytes = readFileSync(new URL(`../../../../tests/recordings/${name}.sse`, import.meta.url));
    const events = new SseParser(to.provider).push(bytes);
    assert.throws(() => events.forEach((event) => reader.push(event)));
    assert.equal(
      reader
        .partial()
        .parts.map((part) => (part.type === 'text' ? part.text : ''))
        .join(''),
      text,
    );
  });
