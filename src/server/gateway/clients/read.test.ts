import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CrosspointError } from '#protocol/errors.ts';
import type { Message, Wire } from '#protocol/message.ts';
import { target } from '../testing/workbench.ts';
import type { PromptMessage } from '../types.ts';
import { wires } from '../wires/index.ts';
import { WrittenMessages } from '../wires/written-messages.ts';
import { sealEnvelope } from './envelope.ts';
import { clientWires } from './index.ts';
import { modelRequest } from './to-request.ts';

/** Whatever a client sends is either understood or refused with a sentence; nothing of it breaks the reader. */

const sealed = sealEnvelope({
  capsule: { provider: 'p', wire: 'openai-chat', model: 'm', data: '[]' },
  of: { call: 'c' },
  at: 99,
});
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const image = 'data:image/png;base64,AAAA';
const pdf = 'data:application/pdf;base64,AAAA';

const bodies: Record<Wire, object> = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'system', content: [{ type: 'text', text: 's' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'u' },
          { type: 'image_url', image_url: { url: image } },
          { type: 'file', file: { filename: 'p', file_data: pdf } },
        ],
      },
      {
        role: 'assistant',
        content: 'a',
        tool_calls: [call, { id: 'd', type: 'custom', custom: { name: 'g', input: 'i' } }],
        reasoning_details: [{ data: sealed, index: 0 }],
      },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'r' }] },
      { role: 'tool', tool_call_id: 'd', content: 'r' },
    ],
    tools: [
      { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
      {
        type: 'custom',
        custom: { name: 'g', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
      },
    ],
    tool_choice: { type: 'function', function: { name: 'f' } },
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    reasoning: { effort: 'low', max_tokens: 5 },
    stop: ['x'],
  },
  'anthropic-messages': {
    model: 'm',
    max_tokens: 5,
    system: [{ type: 'text', text: 's' }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
          { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature: 'x' },
          { type: 'redacted_thinking', data: sealed },
          { type: 'tool_use', id: 'c', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'r' }] }],
      },
    ],
    tools: [{ name: 'f', input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: 'f' },
    thinking: { type: 'enabled', budget_tokens: 2 },
    output_config: { format: { type: 'json_schema', schema: {} }, effort: 'low' },
    metadata: { user_id: 'u' },
  },
  'openai-responses': {
    model: 'm',
    instructions: 'i',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'u' },
          { type: 'input_image', image_url: image },
          { type: 'input_file', filename: 'p', file_data: pdf },
          { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        ],
      },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 't' }],
        encrypted_content: sealed,
      },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'd', name: 'g', namespace: 'n', input: 'i' },
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'r' }] },
      { type: 'custom_tool_call_output', call_id: 'd', output: 'r' },
    ],
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' } },
      {
        type: 'namespace',
        name: 'n',
        description: 'd',
        tools: [{ type: 'custom', name: 'g', format: { type: 'grammar', syntax: 'lark', definition: 'x' } }],
      },
    ],
    tool_choice: { type: 'function', name: 'f' },
    text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' },
    reasoning: { effort: 'low' },
  },
};

type Path = (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, [null], [[]], {}, [{}], '', 0, -1, true, 'cp1.', 'cp1.bm90IGpzb24', sealed, [
    { type: 'text' },
  ]),
);

const targets = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'compatible:kimi-k2-thinking',
].map((name) =>
  target(name, { dialect: { reasoningDetails: true, reasoningContent: true, thoughtSignatures: true } }),
);

test('an envelope that a client made up spoils no request, whatever is in it', () => {
  const data = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.string(),
    fc.constantFrom('null', '[null]', '{}', '[[]]', '""'),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...targets),
      data,
      fc.constantFrom('call', 'text', 'reasoning'),
      (to, inside, place) => {
        const { provider, wire, model } = to;
        const of = { call: { call: 'c' }, text: { text: 0 }, reasoning: undefined }[place];
        const made = sealEnvelope({
          capsule: { provider, wire, model, data: inside },
          ...(of ? { of } : {}),
        });
        const read = clientWires['openai-chat'].read({
          model: 'm',
          messages: [
            { role: 'user', content: 'u' },
            {
              role: 'assistant',
              content: 'a',
              tool_calls: [call],
              reasoning_details: [{ data: made, index: 0 }],
            },
            { role: 'tool', tool_call_id: 'c', content: 'r' },
          ],
        });
        const context = { userId: 'ann', threadId: null, runId: null };
        const projected = { messages: promptOf(read.transcript(to)), suppressReasoning: false };
        const request = modelRequest(read, to, projected, context);
        const written = wires[wire].write(request, to.dialect ?? {}, new WrittenMessages());
        assert.equal(typeof JSON.parse(written), 'object');
      },
    ),
    { numRuns: 2_000 },
  );
});

/** Without a projection: everything that the client sent. */
function promptOf(transcript: readonly Message[]): PromptMessage[] {
  return transcript.map((message) =>
    message.role === 'tool'
      ? { role: 'tool', results: message.parts }
      : { role: message.role, parts: message.parts },
  ) as PromptMessage[];
}

for (const [wire, body] of Object.entries(bodies) as [Wire, object][]) {
  test(`a request with any field replaced is read or refused with a sentence: ${wire}`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...pathsOf(body)), odd), { minLength: 1, maxLength: 2 }),
        (changes) => {
          let changed: unknown = body;
          try {
            for (const [path, by] of changes) changed = replaced(changed, path, by);
          } catch (cause) {
            // The second change may be in what the first one took away.
            if (cause instanceof TypeError) return;
            throw cause;
          }
          try {
            // As it arrives: JSON knows no holes in a list.
            const arrived: unknown = JSON.parse(JSON.stringify(changed));
            clientWires[wire].read(arrived).transcript(target('openai:gpt-4o'));
          } catch (cause) {
            assert.ok(cause instanceof CrosspointError, String((cause as Error).stack));
            assert.equal(cause.status, 400);
            assert.ok(cause.message.length > 10);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test(`a request with everything in it is read: ${wire}`, () => {
    const read = clientWires[wire].read(body);
    const transcript = read.transcript(target('openai:gpt-4o'));
    assert.deepEqual(
      transcript.map(({ role }) => role),
      ['user', 'assistant', 'tool'],
    );
    assert.equal(read.system, wire === 'openai-responses' ? 'i' : 's');
  });
}
