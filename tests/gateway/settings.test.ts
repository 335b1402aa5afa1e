import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Wire } from '#protocol/message.ts';
import { openLoopback, type Loopback } from './support/loopback.ts';
import { anthropicClient, conversations, openAiClient, schema } from './support/official/index.ts';

/** Each setting of each client wire reaches each provider wire in its words; what cannot be said is refused by name. */

const models = {
  chat: 'openai:gpt-4o',
  responses: 'openai:gpt-5.2',
  messages: 'anthropic:claude-sonnet-4-5',
};

let loopback: Loopback;
before(async () => (loopback = await openLoopback({ script: () => ({ text: '{"path":"a"}' }) })));
after(() => loopback[Symbol.asyncDispose]());

async function upstream(
  wire: Wire,
  model: string,
  more: Record<string, unknown>,
  tools = false,
  thinks = false,
) {
  const conversation = conversations[wire](loopback.origin);
  conversation.say('Go.');
  await conversation.ask({ model, stream: false, more, tools, thinks });
  const request = loopback.providers.requests.at(-1);
  assert.equal(request?.refusal, undefined);
  return request?.body ?? {};
}

function picked(body: Record<string, unknown>, expected: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, body[key]]));
}

interface Case {
  what: string;
  tools?: true;
  says: Record<Wire, Record<string, unknown>>;
  hears: Record<keyof typeof models, Record<string, unknown>>;
}

const named = { type: 'json_schema', name: 'answer', schema, strict: true };

const cases: Case[] = [
  {
    what: 'a schema of the answer',
    says: {
      'openai-chat': {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      },
      'anthropic-messages': { output_config: { format: { type: 'json_schema', schema } } },
      'openai-responses': { text: { format: named } },
    },
    hears: {
      chat: {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      },
      responses: { text: { format: named } },
      messages: { output_config: { format: { type: 'json_schema', schema } } },
    },
  },
  {
    what: 'a call that must be made',
    tools: true,
    says: {
      'openai-chat': { tool_choice: 'required' },
      'anthropic-messages': { tool_choice: { type: 'any' } },
      'openai-responses': { tool_choice: 'required' },
    },
    hears: {
      chat: { tool_choice: 'required' },
      responses: { tool_choice: 'required' },
      messages: { tool_choice: { type: 'any' } },
    },
  },
  {
    what: 'no call',
    tools: true,
    says: {
      'openai-chat': { tool_choice: 'none' },
      'anthropic-messages': { tool_choice: { type: 'none' } },
      'openai-responses': { tool_choice: 'none' },
    },
    hears: {
      chat: { tool_choice: 'none' },
      responses: { tool_choice: 'none' },
      messages: { tool_choice: { type: 'none' } },
    },
  },
  {
    what: 'one tool by name, one call at a time',
    tools: true,
    says: {
      'openai-chat': {
        tool_choice: { type: 'function', function: { name: 'read_file' } },
        parallel_tool_calls: false,
      },
      'anthropic-messages': {
        tool_choice: { type: 'tool', name: 'read_file', disable_parallel_tool_use: true },
      },
      'openai-responses': {
        tool_choice: { type: 'function', name: 'read_file' },
        parallel_tool_calls: false,
      },
    },
    hears: {
      chat: {
        tool_choice: { type: 'function', function: { name: 'read_file' } },
        parallel_tool_calls: false,
      },
      responses: { tool_choice: { type: 'function', name: 'read_file' }, parallel_tool_calls: false },
      messages: { tool_choice: { type: 'tool', name: 'read_file', disable_parallel_tool_use: true } },
    },
  },
  {
    what: 'temperature, the limit of the answer and the user',
    says: {
      'openai-chat': { temperature: 0.5, max_completion_tokens: 1234, user: 'u-1' },
      'anthropic-messages': { temperature: 0.5, max_tokens: 1234, metadata: { user_id: 'u-1' } },
      'openai-responses': { temperature: 0.5, max_output_tokens: 1234, safety_identifier: 'u-1' },
    },
    hears: {
      chat: { temperature: 0.5, max_completion_tokens: 1234, user: 'u-1' },
      responses: { temperature: undefined, max_output_tokens: 1234, safety_identifier: 'u-1' },
      messages: { temperature: 0.5, max_tokens: 1234, metadata: { user_id: 'u-1' } },
    },
  },
  {
    what: 'top_p',
    says: {
      'openai-chat': { top_p: 0.9 },
      'anthropic-messages': { top_p: 0.9 },
      'openai-responses': { top_p: 0.9 },
    },
    hears: { chat: { top_p: 0.9 }, responses: { top_p: undefined }, messages: { top_p: 0.9 } },
  },
];

for (const { what, tools = false, says, hears } of cases)
  for (const [wire, more] of Object.entries(says))
    for (const [kind, expected] of Object.entries(hears))
      test(`${what}: ${wire} → ${kind}`, async () => {
        const body = await upstream(wire as Wire, models[kind as keyof typeof models], more, tools);
        assert.deepEqual(picked(body, expected), expected);
      });

test('a schema of one wire becomes one that the other takes: closed for Anthropic, strict for OpenAI only where it can be', async () => {
  const inner = { type: 'object', properties: { a: { type: 'string' } }, required: [] };
  const open = { type: 'object', properties: { list: { type: 'array', items: inner }, inner } };
  const chat = { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: open } } };
  const { output_config: config } = await upstream('openai-chat', models.messages, chat);
  assert.equal(JSON.stringify(config).match(/"additionalProperties":false/g)?.length, 3);
  const closed = { ...open, additionalProperties: false };
  const messages = { output_config: { format: { type: 'json_schema', schema: closed } } };
  const responses = await upstream('anthropic-messages', models.responses, messages);
  assert.deepEqual(responses.text, {
    format: { type: 'json_schema', name: 'answer', schema: closed, strict: false },
  });
  const heard = await upstream('anthropic-messages', models.chat, messages);
  assert.deepEqual(heard.response_format, {
    type: 'json_schema',
    json_schema: { name: 'answer', schema: closed },
  });
});

test('a user longer than OpenAI takes becomes a digest, always the same', async () => {
  const more = { metadata: { user_id: 'u'.repeat(200) } };
  const first = await upstream('anthropic-messages', models.chat, more);
  const second = await upstream('anthropic-messages', models.responses, more);
  assert.match(String(first.user), /^[0-9a-f]{64}$/);
  assert.equal(second.safety_identifier, first.user);
});

test('efforts and budgets of thinking become those of the model', async () => {
  const budget = await upstream('openai-chat', models.messages, {
    reasoning_effort: 'high',
    max_tokens: 30_000,
  });
  assert.deepEqual(budget.thinking, { type: 'enabled', budget_tokens: 24_576 });
  const router = await upstream('openai-chat', models.messages, {
    reasoning: { max_tokens: 5_000 },
    reasoning_effort: 'low',
  });
  assert.deepEqual(router.thinking, { type: 'enabled', budget_tokens: 5_000 });
  const adaptive = await upstream('openai-responses', 'anthropic:claude-opus-4-8', {
    reasoning: { effort: 'xhigh' },
  });
  assert.deepEqual(adaptive.output_config, { effort: 'xhigh' });
  const effort = await upstream('anthropic-messages', models.responses, {}, false, true);
  assert.deepEqual(effort.reasoning, { effort: 'medium', summary: 'auto' });
  const off = await upstream('anthropic-messages', models.messages, { thinking: { type: 'disabled' } });
  assert.equal(off.thinking, undefined);
  const near = await upstream('openai-chat', models.responses, { reasoning_effort: 'minimal' });
  assert.deepEqual(near.reasoning, { effort: 'low', summary: 'auto' });
});

test('settings of one wire only reach the models that have them', async () => {
  const chat = await upstream('openai-chat', models.chat, {
    stop: 'END',
    seed: 7,
    frequency_penalty: 0.1,
    presence_penalty: 0.2,
    n: 1,
    logprobs: false,
  });
  assert.deepEqual(
    picked(chat, { stop: 0, seed: 0, frequency_penalty: 0, presence_penalty: 0, n: 0, logprobs: 0 }),
    {
      stop: ['END'],
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      n: undefined,
      logprobs: undefined,
    },
  );
  const messages = await upstream('openai-chat', models.messages, { stop: ['END', 'ÄNDE'], seed: 7 });
  assert.deepEqual(messages.stop_sequences, ['END', 'ÄNDE']);
  const sampled = await upstream('anthropic-messages', models.messages, { top_k: 5, stop_sequences: ['x'] });
  assert.deepEqual(picked(sampled, { top_k: 0, stop_sequences: 0 }), { top_k: 5, stop_sequences: ['x'] });
  const verbose = await upstream('openai-chat', models.responses, { verbosity: 'low' });
  assert.deepEqual(verbose.text, { verbosity: 'low' });
});

test('JSON of any shape: the wire that knows only schemas tells the model', async () => {
  const more = { response_format: { type: 'json_object' } };
  assert.deepEqual((await upstream('openai-chat', models.chat, more)).response_format, {
    type: 'json_object',
  });
  assert.deepEqual((await upstream('openai-chat', models.responses, more)).text, {
    format: { type: 'json_object' },
  });
  const { system } = await upstream('openai-chat', models.messages, more);
  assert.match(JSON.stringify(system), /Answer with one JSON object and nothing else/);
});

test('an address of an image is passed on to providers that fetch it', async () => {
  const url = 'https://images.example.com/a.png';
  const content = [{ type: 'image_url' as const, image_url: { url } }];
  const ask = async (model: string) => {
    await openAiClient(loopback.origin).chat.completions.create({
      model,
      messages: [{ role: 'user', content }],
    });
    return JSON.stringify(loopback.providers.requests.at(-1)?.body);
  };
  assert.match(
    await ask(models.messages),
    /"source":\{"type":"url","url":"https:\/\/images\.example\.com\/a\.png"\}/,
  );
  assert.match(await ask(models.responses), /"image_url":"https:\/\/images\.example\.com\/a\.png"/);
  await assert.rejects(ask('compatible:llava'), /fetches no pictures. Send the picture itself/);
  assert.match(await ask(models.chat), /"image_url":\{"url":"https:\/\/images\.example\.com\/a\.png"\}/);
});

const refused: [Wire, string, Record<string, unknown>, string][] = [
  ['openai-chat', 'n', { n: 2 }, models.messages],
  ['openai-chat', 'logprobs', { logprobs: true }, models.messages],
  ['openai-chat', 'logit_bias', { logit_bias: { 1: 5 } }, models.messages],
  ['openai-chat', 'modalities', { modalities: ['text', 'audio'] }, models.messages],
  ['openai-chat', 'audio', { audio: { voice: 'alloy', format: 'mp3' } }, models.messages],
  ['openai-chat', 'functions', { functions: [] }, models.messages],
  ['openai-chat', 'web_search_options', { web_search_options: {} }, models.messages],
  ['openai-chat', 'tools[0].type', { tools: [{ type: 'web_search' }] }, models.messages],
  ['openai-chat', 'stop', { stop: ['x'] }, models.responses],
  ['openai-chat', 'presence_penalty', { presence_penalty: 1 }, models.messages],
  ['openai-chat', 'something_new', { something_new: 1 }, models.messages],
  ['openai-chat', 'temperature', { temperature: 'hot' }, models.messages],
  ['anthropic-messages', 'top_k', { top_k: 5 }, models.chat],
  [
    'anthropic-messages',
    'tools[0].type',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    models.chat,
  ],
  ['anthropic-messages', 'container', { container: 'c-1' }, models.chat],
  ['anthropic-messages', 'mcp_servers', { mcp_servers: [{}] }, models.chat],
  ['openai-responses', 'previous_response_id', { previous_response_id: 'resp_1' }, models.chat],
  ['openai-responses', 'conversation', { conversation: 'conv_1' }, models.chat],
  ['openai-responses', 'background', { background: true }, models.chat],
  ['openai-responses', 'tools[0].type', { tools: [{ type: 'web_search' }] }, models.chat],
  ['openai-responses', 'top_logprobs', { top_logprobs: 3 }, models.chat],
];

for (const [wire, field, more, model] of refused)
  test(`what cannot be passed on is refused by its name: ${wire} ${field}`, async () => {
    const before = loopback.providers.requests.length;
    const conversation = conversations[wire](loopback.origin);
    conversation.say('Go.');
    await assert.rejects(
      conversation.ask({ model, stream: false, more }),
      (error: Error & { status?: number }) => {
        assert.equal(error.status, 400);
        assert.ok(error.message.includes(field), error.message);
        return true;
      },
    );
    assert.equal(loopback.providers.requests.length, before);
  });

test('a call without its result and a result without its call are the client’s mistakes, told as such', async () => {
  const call = { id: 'call_x', type: 'function' as const, function: { name: 'read_file', arguments: '{}' } };
  const chat = openAiClient(loopback.origin).chat.completions;
  const go = { role: 'user' as const, content: 'Go.' };
  const dangling = chat.create({
    model: models.messages,
    messages: [go, { role: 'assistant', tool_calls: [call] }, { role: 'user', content: 'Well?' }],
  });
  await assert.rejects(dangling, /call_x has none/);
  const orphan = anthropicClient(loopback.origin).messages.create({
    model: models.chat,
    max_tokens: 100,
    messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_x', content: 'y' }] }],
  });
  await assert.rejects(orphan, /none with the id toolu_x/);
});
