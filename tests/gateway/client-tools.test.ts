import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type OpenAI from 'openai';
import { assertGrammar } from './support/grammar.ts';
import { openPublicGateway, type PublicGatewayBench } from './support/public-gateway.ts';

/** Tools that OpenAI's wires have beside functions, in front of models that know functions only. */

type Item = OpenAI.Responses.ResponseInputItem;
type Tools = OpenAI.Responses.Tool[];

const models = ['anthropic/claude-sonnet-4-5', 'compatible/kimi-k2-thinking'];
const patch = '*** Begin Patch\n*** Add File: "ü".txt\n+\\d {"a": 1} 🌍\n*** End Patch\n';
const grammar = 'start: begin_patch hunk+ end_patch\nbegin_patch: "*** Begin Patch" LF';

/** As Codex sends them. */
const tools: Tools = [
  {
    type: 'function',
    name: 'exec_command',
    description: 'Runs a command.',
    strict: false,
    parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
  },
  {
    type: 'custom',
    name: 'apply_patch',
    description:
      'Use the `apply_patch` tool to edit files. This is a FREEFORM tool, so do not wrap the patch in JSON.',
    format: { type: 'grammar', syntax: 'lark', definition: grammar },
  },
  {
    type: 'namespace',
    name: 'mcp__docs__',
    description: 'Searches the documentation.',
    tools: [
      {
        type: 'function',
        name: 'search',
        description: 'Finds pages.',
        strict: false,
        parameters: { type: 'object', properties: { words: { type: 'string' } } },
      },
      { type: 'custom', name: 'query', description: 'Asks.', format: { type: 'text' } },
    ],
  },
];
const calls = [
  { name: 'apply_patch', args: { input: patch } },
  { name: 'mcp__docs__search', args: { words: 'x' } },
  { name: 'mcp__docs__query', args: { input: 'select 1' } },
  { name: 'exec_command', args: { cmd: 'ls' } },
];

let bench: PublicGatewayBench;
before(async () => (bench = await openPublicGateway()));
after(() => bench[Symbol.asyncDispose]());
afterEach(() => {
  assert.deepEqual(bench.providers.refusals, []);
  assert.deepEqual(bench.providers.mistakes, []);
});

/** What Codex says beside its conversation. */
function codexBody(model: string, input: Item[]) {
  return {
    model,
    instructions: 'You are a coding agent.',
    input,
    tools,
    tool_choice: 'auto' as const,
    parallel_tool_calls: true,
    reasoning: { effort: 'medium' as const, summary: 'auto' as const },
    store: false,
    include: ['reasoning.encrypted_content' as const],
    prompt_cache_key: '0199-thread',
    client_metadata: { session: 'a' },
  };
}

function shown(output: OpenAI.Responses.ResponseOutputItem[]) {
  return output.flatMap((item) => {
    if (item.type === 'custom_tool_call') return [[item.type, item.namespace, item.name, item.input]];
    if (item.type === 'function_call')
      return [[item.type, item.namespace, item.name, JSON.parse(item.arguments) as unknown]];
    return [];
  });
}

for (const model of models)
  for (const stream of [true, false])
    test(`custom tools and namespaces go to a model and its calls come back as such: ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
      bench.providers.script([{ reasoning: 'Hm.', text: 'Editing.', calls }, { text: 'Done.' }]);
      const input: Item[] = [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go.' }] },
      ];
      const ask = () =>
        stream
          ? bench.openai.responses.stream(codexBody(model, input)).finalResponse()
          : bench.openai.responses.create(codexBody(model, input));
      const { output } = await ask();
      assert.deepEqual(shown(output), [
        ['custom_tool_call', undefined, 'apply_patch', patch],
        ['function_call', 'mcp__docs__', 'search', { words: 'x' }],
        ['custom_tool_call', 'mcp__docs__', 'query', 'select 1'],
        ['function_call', undefined, 'exec_command', { cmd: 'ls' }],
      ]);
      input.push(...(output as Item[]));
      for (const item of output)
        if (item.type === 'custom_tool_call')
          input.push({ type: 'custom_tool_call_output', call_id: item.call_id, output: `ran ${item.name}` });
        else if (item.type === 'function_call')
          input.push({ type: 'function_call_output', call_id: item.call_id, output: `ran ${item.name}` });
      assert.equal((await ask()).output_text, 'Done.');
      const [first, second] = bench.providers.requests.slice(-2);
      const offered = JSON.stringify(first?.body.tools);
      assert.ok(offered.includes('begin_patch') && offered.includes('Searches the documentation.'));
      const sent = JSON.stringify(second?.body.messages);
      for (const part of ['ran apply_patch', 'ran query', 'mcp__docs__search'])
        assert.ok(sent.includes(part));
      const args = { input: patch };
      assert.ok(
        sent.includes(JSON.stringify(args)) || sent.includes(JSON.stringify(JSON.stringify(args))),
        sent,
      );
    });

test('the text of a custom tool comes as it is written, in the events that clients know', async () => {
  bench.providers.script([{ calls }]);
  const [model = ''] = models;
  const input: Item[] = [{ role: 'user', content: 'Go.' }];
  const response = await bench.post('/v1/responses', { ...codexBody(model, input), stream: true });
  const text = await response.text();
  assertGrammar('/v1/responses', text);
  const events = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as Event);
  const deltas = events.filter(({ type }) => type === 'response.custom_tool_call_input.delta');
  assert.ok(deltas.length > 2, 'in pieces');
  const ofPatch = deltas.filter(({ item_id: id }) => id === deltas[0]?.item_id);
  assert.equal(ofPatch.map(({ delta }) => delta).join(''), patch);
  const done = events.find(({ type }) => type === 'response.custom_tool_call_input.done');
  assert.equal(done?.input, patch);
});

interface Event {
  type: string;
  item_id?: string;
  delta?: string;
  input?: string;
}

for (const stream of [true, false])
  test(`a custom tool of chat completions is one for the client and a function for the model, ${stream ? 'streamed' : 'whole'}`, async () => {
    bench.providers.script([{ calls: calls.slice(0, 1) }, { text: 'Done.' }]);
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Go.' }];
    const body = () => ({
      model: 'anthropic/claude-sonnet-4-5',
      messages,
      tool_choice: { type: 'custom' as const, custom: { name: 'apply_patch' } },
      tools: [
        {
          type: 'custom' as const,
          custom: {
            name: 'apply_patch',
            format: { type: 'grammar' as const, grammar: { syntax: 'lark' as const, definition: grammar } },
          },
        },
      ],
    });
    const ask = async () =>
      stream
        ? bench.openai.chat.completions.stream(body()).finalMessage()
        : (await bench.openai.chat.completions.create(body())).choices[0]?.message;
    const message = await ask();
    const [call] = message?.tool_calls ?? [];
    assert.equal(call?.type, 'custom');
    assert.deepEqual(call.custom, { name: 'apply_patch', input: patch });
    assert.ok(message);
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: 'patched' });
    assert.equal((await ask())?.content, 'Done.');
    assert.deepEqual(bench.providers.requests.at(-1)?.body.tool_choice, {
      type: 'tool',
      name: 'apply_patch',
    });
  });

test('tools that came with the conversation are offered too, and a choice may name one of a namespace', async () => {
  bench.providers.script([{ text: 'Yes.' }]);
  const { tools: _tools, ...body } = codexBody(models[0] ?? '', []);
  await bench.openai.responses.create({
    ...body,
    input: [
      { type: 'additional_tools', role: 'developer', tools },
      { role: 'user', content: 'Go.' },
    ],
    tool_choice: { type: 'function', name: 'search', namespace: 'mcp__docs__' } as never,
  });
  const sent = bench.providers.requests.at(-1)?.body;
  assert.deepEqual(sent?.tool_choice, { type: 'tool', name: 'mcp__docs__search' });
  assert.equal((sent?.tools as unknown[]).length, 4);
});

test('tools that only OpenAI runs are refused with their field and a way out', async () => {
  for (const type of [
    'web_search',
    'file_search',
    'code_interpreter',
    'image_generation',
    'computer',
    'tool_search',
    'local_shell',
  ]) {
    const body = { model: models[0], input: 'Go.', tools: [...tools, { type }] };
    const response = await bench.post('/v1/responses', body);
    const { error } = (await response.json()) as { error: { code: string; param: string; message: string } };
    assert.deepEqual(
      [response.status, error.code, error.param],
      [400, 'unsupported_parameter', 'tools[3].type'],
    );
    assert.match(error.message, new RegExp(`"${type}".*(Leave it out|function)`));
  }
});
