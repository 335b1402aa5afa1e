import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssistantPart, ImagePart, ToolResultPart } from '#protocol/message.ts';
import type { PromptMessage, Target } from '../types.ts';
import { continued, openWorkbench, request, says, target } from '../testing/workbench.ts';

const models = [
  'openai:gpt-4o',
  'openai:gpt-5.2',
  'anthropic:claude-sonnet-4-5',
  'anthropic:claude-sonnet-5',
  'groq:openai/gpt-oss-120b',
  'openrouter:anthropic/claude-sonnet-4.5',
  'compatible:llama3.2',
];

const image: ImagePart = { type: 'image', mediaType: 'image/png', data: 'iVBORw0KGgo=' };

function result(changes: Partial<ToolResultPart> = {}): ToolResultPart {
  return { type: 'tool-result', toolCallId: 'c1', name: 'read_file', status: 'ok', text: 'text', ...changes };
}

function loop(answer: AssistantPart[], results: ToolResultPart[]): PromptMessage[] {
  return [says('Go.'), { role: 'assistant', parts: answer }, { role: 'tool', results }];
}

const call: AssistantPart = { type: 'tool-call', toolCallId: 'c1', name: 'read_file', args: '{"path":"a"}' };

async function accepted(to: Target, messages: PromptMessage[], changes = {}) {
  await using bench = await openWorkbench();
  const { failure } = await bench.ask(request(to, { messages, ...changes }));
  assert.ifError(failure);
  assert.deepEqual(
    bench.providers.refusals.map(({ refusal }) => refusal),
    [],
  );
  const [{ bodyText = '', body = {} } = {}] = bench.providers.requests;
  return { bodyText, body };
}

for (const name of models) {
  const to = target(name);

  if (!name.startsWith('groq'))
    test(`pictures of a person and of a result are sent: ${name}`, async () => {
      const messages: PromptMessage[] = [
        { role: 'user', parts: [{ type: 'text', text: 'Look.' }, image] },
        ...loop([call], [result({ images: [image] })]).slice(1),
      ];
      const { bodyText } = await accepted(to, messages);
      assert.equal(bodyText.split(image.data).length - 1, 2);
    });

  test(`what nobody takes is left out or filled in: empty words, empty output, a file, arguments that are not an object: ${name}`, async () => {
    const messages: PromptMessage[] = [
      {
        role: 'user',
        parts: [
          { type: 'text', text: '' },
          { type: 'file', name: 'notes.pdf', mediaType: 'application/pdf', data: 'AA==' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: '' },
          { ...call, args: '[1' },
        ],
      },
      { role: 'tool', results: [result({ text: ' ' })] },
    ];
    const { bodyText } = await accepted(to, messages);
    assert.match(bodyText, /notes\.pdf/);
    assert.match(bodyText, /\(no output\)/);
  });

  test(`a failed call is told as failed, a rejected one in its own words: ${name}`, async () => {
    const other: AssistantPart = { ...call, toolCallId: 'c2' };
    const results = [
      result({ status: 'error', text: 'ENOENT' }),
      result({ toolCallId: 'c2', status: 'rejected', text: 'The person said no.' }),
    ];
    const { bodyText } = await accepted(to, loop([call, other], results));
    assert.match(bodyText, to.wire === 'anthropic-messages' ? /"is_error":true/ : /Error: ENOENT/);
    assert.match(bodyText, /The person said no\./);
  });

  test(`the body of a longer conversation begins with the bytes of the shorter one: ${name}`, async () => {
    await using bench = await openWorkbench({
      script: ({ step }) =>
        step < 3
          ? {
              reasoning: 'Hm.',
              text: `Step ${step}.`,
              calls: [{ name: 'read_file', args: { path: `${step}` } }],
            }
          : { text: 'Done.' },
    });
    const settings = to.capabilities.reasoning ? { reasoningEffort: 'low' as const } : {};
    let messages = [says('Go.')];
    for (let step = 0; step < 4; step++) {
      const { finished, failure } = await bench.ask(request(to, { messages, settings }));
      assert.ifError(failure);
      assert.ok(finished);
      messages = [...messages, ...continued(finished)];
    }
    await bench.ask(request(to, { messages: [...messages, says('And now?')], settings }));
    const bodies = bench.providers.requests.map(({ bodyText }) =>
      bodyText.replaceAll(',"cache_control":{"type":"ephemeral"}', ''),
    );
    assert.equal(bodies.length, 5);
    for (const [index, body] of bodies.slice(1).entries()) {
      const shorter = bodies[index]?.replace(/\]\}$/, '') ?? '';
      // Results and the words after them share a message on Anthropic's wire: what was written stays, the end of it moves.
      const start = to.wire === 'anthropic-messages' ? shorter.replace(/\]\}$/, '') : shorter;
      assert.ok(body.startsWith(start), `request ${index + 2}`);
    }
  });

  test(`temperature and the limit of tokens go only where they are taken: ${name}`, async () => {
    const { body } = await accepted(to, [says('Hi')], { settings: { temperature: 0.3, maxTokens: 2_000 } });
    assert.equal(body.temperature, to.capabilities.temperature ? 0.3 : undefined);
    const limits = [body.max_tokens, body.max_completion_tokens, body.max_output_tokens].filter(Boolean);
    assert.deepEqual(limits, [2_000]);
  });

  test(`without tools and without system nothing empty is sent, and a call can be forced: ${name}`, async () => {
    const { body } = await accepted(to, [says('Hi')], { tools: [], system: '' });
    assert.ok(!('tools' in body) && !('system' in body) && !('instructions' in body));
    const settings = to.capabilities.reasoning ? { reasoningEffort: 'high' as const } : {};
    const forced = await accepted(to, [says('Hi')], { toolChoice: 'required', settings });
    assert.ok(forced.body.tool_choice);
  });
}

test('every effort is one that the model takes, and no temperature goes where thinking excludes it', async () => {
  for (const name of [
    ...models,
    'openai:o3',
    'openai:gpt-5',
    'openai:gpt-6-sol',
    'groq:qwen/qwen3-32b',
    'anthropic:claude-opus-4-8',
    'openrouter:z-ai/glm-5.2',
  ])
    for (const reasoningEffort of ['off', 'low', 'medium', 'high'] as const)
      await accepted(target(name), [says('Hi')], { settings: { reasoningEffort, temperature: 0.3 } });
});

test('a caller may suppress the thinking inside a loop that another model began', async () => {
  for (const name of ['anthropic:claude-sonnet-4-5', 'anthropic:claude-sonnet-5']) {
    const changes = { settings: { reasoningEffort: 'high' as const }, suppressReasoning: true };
    const { body } = await accepted(target(name), loop([call], [result()]), changes);
    assert.equal(body.thinking, undefined);
  }
});

test('a capsule goes back only to its exact issuer, not to another model of the same provider', async () => {
  const block = { type: 'thinking', thinking: 't', signature: 'FOREIGN' };
  const item = { type: 'reasoning', id: 'rs_FOREIGN', summary: [], encrypted_content: 'FOREIGN' };
  const detail = { type: 'reasoning.text', text: 't', signature: 'FOREIGN' };
  for (const [name, model, data] of [
    ['anthropic:claude-sonnet-4-5', 'claude-opus-4-5', block],
    ['anthropic:claude-sonnet-5', 'claude-sonnet-4-5', block],
    ['openai:gpt-5.2', 'gpt-5.1', item],
    ['openrouter:anthropic/claude-sonnet-4.5', 'anthropic/claude-opus-4.5', [detail]],
  ] as const) {
    const to = target(name);
    const capsule = { provider: to.provider, wire: to.wire, model, data: JSON.stringify(data) };
    const answer: AssistantPart[] = [{ type: 'reasoning', text: 't', capsule }, call];
    const rest: PromptMessage[] = [
      { role: 'assistant', parts: [{ type: 'text', text: 'Done.' }] },
      says('And?'),
    ];
    const messages = [...loop(answer, [result()]), ...rest];
    const { bodyText } = await accepted(to, messages, { settings: { reasoningEffort: 'high' } });
    assert.doesNotMatch(bodyText, /FOREIGN/, name);
  }
});

test('Responses: an edited call keeps its place behind its reasoning, with the edited arguments', async () => {
  await using bench = await openWorkbench({
    script: [
      { reasoning: 'Hm.', text: 'So.', calls: [{ name: 'read_file', args: { path: 'old' } }] },
      { text: 'ok' },
    ],
  });
  const to = target('openai:gpt-5.2');
  const { finished } = await bench.ask(request(to, { messages: [says('Go.')] }));
  const parts = (finished?.parts ?? []).map((part) =>
    part.type === 'tool-call' ? { ...part, args: '{"path":"new"}' } : part,
  );
  const { failure } = await bench.ask(request(to, { messages: [says('Go.'), ...continued({ parts })] }));
  assert.ifError(failure);
  const input = bench.providers.requests[1]?.body.input as {
    type: string;
    id?: string;
    arguments?: string;
  }[];
  assert.deepEqual(
    input.map(({ type }) => type),
    ['message', 'reasoning', 'message', 'function_call', 'function_call_output'],
  );
  assert.match(input[3]?.id ?? '', /^fc_/);
  assert.equal(input[3]?.arguments, '{"path":"new"}');
});

test('Responses: without its reasoning an own call goes back as a new one, without its id', async () => {
  await using bench = await openWorkbench({
    script: [{ reasoning: 'Hm.', text: 'So.', calls: [{ name: 'read_file', args: {} }] }, { text: 'ok' }],
  });
  const to = target('openai:gpt-5.2');
  const { finished } = await bench.ask(request(to, { messages: [says('Go.')] }));
  const parts = (finished?.parts ?? []).filter(({ type }) => type !== 'reasoning');
  const { failure } = await bench.ask(request(to, { messages: [says('Go.'), ...continued({ parts })] }));
  assert.ifError(failure);
  assert.doesNotMatch(bench.providers.requests[1]?.bodyText ?? '', /fc_|msg_|rs_/);
});

test('Anthropic: at most four breakpoints, on tools, system and the last two messages of the person’s side', async () => {
  const messages = [says('a'), ...loop([call], [result()]).slice(1), says('b')];
  const { body } = await accepted(target('anthropic:claude-sonnet-4-5'), messages);
  assert.equal(JSON.stringify(body).split('cache_control').length - 1, 4);
});

test('Kimi and DeepSeek get reasoning_content with every call, also with one that another model made', async () => {
  const to = target('compatible:kimi-k2-thinking', { dialect: { reasoningContent: true } });
  const { bodyText } = await accepted(to, loop([call], [result()]));
  assert.match(bodyText, /"reasoning_content":"\(none\)"/);
});

test('Anthropic: thinking and redacted thinking come back byte for byte', async () => {
  await using bench = await openWorkbench({
    script: [
      { reasoning: 'Ein Gedanke: 世界 🌍 "x"\n', redacted: true, calls: [{ name: 'read_file', args: {} }] },
      { text: 'ok' },
    ],
  });
  const to = target('anthropic:claude-sonnet-4-5');
  const settings = { reasoningEffort: 'medium' as const };
  const { finished } = await bench.ask(request(to, { messages: [says('Go.')], settings }));
  assert.ok(finished);
  assert.deepEqual(
    finished.parts.map(({ type }) => type),
    ['reasoning', 'reasoning', 'tool-call'],
  );
  const { failure } = await bench.ask(
    request(to, { messages: [says('Go.'), ...continued(finished)], settings }),
  );
  assert.ifError(failure);
});
