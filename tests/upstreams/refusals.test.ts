import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startProviders, type Providers } from './index.ts';
import { encrypt, sign } from './seal.ts';

/** What the strict stand-ins must refuse, one body for each rule, beside one that is accepted. */

type Body = Record<string, unknown>;
type Case = [rule: string, body: Body, error: RegExp];

let providers: Providers;
before(async () => (providers = await startProviders()));
after(() => providers.close());

async function post(
  url: string,
  headers: Record<string, string>,
  body: Body,
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const user = (content: unknown) => ({ role: 'user', content });
const called = (id: string, args: unknown = '{}', name = 'read') => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name, arguments: args } }],
});
const answered = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content });
const chat = (messages: unknown[], more: Body = {}) => ({ model: 'gpt-4o', messages, ...more });
const hello = [user('Hello')];

const chatCases: Case[] = [
  [
    'a call without its result',
    chat([user('a'), called('c1'), user('b')]),
    /did not have response messages: c1/,
  ],
  [
    'a result without its call',
    chat([user('a'), answered('c1')]),
    /must be a response to a preceeding message/,
  ],
  ['a result of another call', chat([user('a'), called('c1'), answered('c2')]), /not found in 'tool_calls'/],
  ['an empty id', chat([user('a'), called(''), answered('')]), /empty string/],
  [
    'an id over 40 characters',
    chat([user('a'), called('c'.repeat(41)), answered('c'.repeat(41))]),
    /maximum length 40/,
  ],
  [
    'a tool name with a dot',
    chat([user('a'), called('c1', '{}', 'a.b'), answered('c1')]),
    /does not match pattern/,
  ],
  [
    'a part type of another role',
    chat([user([{ type: 'input_text', text: 'a' }])]),
    /Invalid value: 'input_text'/,
  ],
  ['empty content', chat([user([])]), /empty array/],
  ['empty tool_calls', chat([user('a'), { role: 'assistant', content: 'b', tool_calls: [] }]), /empty array/],
  ['empty tools', chat(hello, { tools: [] }), /Invalid 'tools': empty array/],
  [
    'an unknown message key',
    chat([{ ...user('a'), thought: 'b' }]),
    /Unknown parameter: 'messages\[0\]\.thought'/,
  ],
  ['arguments that are an object', chat([user('a'), called('c1', {}), answered('c1')]), /expected a string/],
  ['arguments that are cut off', chat([user('a'), called('c1', '{"a'), answered('c1')]), /not a JSON object/],
  [
    'max_tokens for a reasoning model',
    chat(hello, { model: 'gpt-5.2', max_tokens: 9 }),
    /max_completion_tokens/,
  ],
  [
    'temperature for a reasoning model',
    chat(hello, { model: 'gpt-5.2', temperature: 0.5 }),
    /Only the default \(1\)/,
  ],
  [
    'an effort for a model that does not reason',
    chat(hello, { reasoning_effort: 'low' }),
    /Unrecognized request argument/,
  ],
  [
    'a model only of the other wire',
    chat(hello, { model: 'gpt-5.2-codex' }),
    /only supported in v1\/responses/,
  ],
  ['an unknown parameter', chat(hello, { helicone: 1 }), /Unknown parameter: 'helicone'/],
  ['a model that does not exist', chat(hello, { model: 'claude-5' }), /does not exist/],
];

const groqCases: Case[] = [
  [
    'array content of the system',
    chat([{ role: 'system', content: [{ type: 'text', text: 'a' }] }, user('b')]),
    /must be a string/,
  ],
  [
    'array content of a tool',
    chat([user('a'), called('c1'), answered('c1', [{ type: 'text', text: 'b' }])]),
    /must be a string/,
  ],
  [
    'reasoning_details',
    chat([user('a'), { role: 'assistant', content: 'b', reasoning_details: [] }]),
    /'reasoning_details' is unsupported/,
  ],
  [
    'an effort that the model does not know',
    chat(hello, { model: 'qwen/qwen3-32b', reasoning_effort: 'high' }),
    /must be one of/,
  ],
];

const routed = (model: string, details: unknown) =>
  chat([user('a'), { ...called('c1'), reasoning_details: details }, answered('c1')], { model });
const claude = 'anthropic/claude-sonnet-4.5';
const signedBy = (model: string) => [
  { type: 'reasoning.text', text: 't', signature: sign('openrouter', model, 't') },
];

const openRouterCases: Case[] = [
  [
    'a signature of another model',
    routed(claude, signedBy('anthropic/claude-opus-4.5')),
    /Invalid `signature`/,
  ],
  [
    'a signature over other text',
    routed(claude, [{ ...signedBy(claude)[0], text: 'u' }]),
    /Invalid `signature`/,
  ],
  [
    'a picture for a model without eyes',
    chat([user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }])], {
      model: 'deepseek/deepseek-chat',
    }),
    /support image input/,
  ],
];

const items = (input: unknown[], more: Body = {}) => ({ model: 'gpt-5.2', store: false, input, ...more });
const callItem = (id: string, more: Body = {}) => ({
  type: 'function_call',
  call_id: id,
  name: 'read',
  arguments: '{}',
  ...more,
});
const outputItem = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'ok' });
const thought = (model = 'gpt-5.2') => ({
  type: 'reasoning',
  id: 'rs_1',
  summary: [],
  encrypted_content: encrypt('openai', model, 'rs_1'),
});

const responsesCases: Case[] = [
  [
    'an id with a wrong prefix',
    items([user('a'), callItem('c1', { id: 'call_1' }), outputItem('c1')]),
    /begins with 'fc'/,
  ],
  [
    'reasoning without its item',
    items([user('a'), thought(), user('b')]),
    /without its required following item/,
  ],
  [
    'reasoning of another model',
    items([user('a'), thought('gpt-5.1'), callItem('c1'), outputItem('c1')]),
    /could not be verified/,
  ],
  [
    'reasoning without its content',
    items([user('a'), { ...thought(), encrypted_content: undefined }, callItem('c1'), outputItem('c1')]),
    /not found/,
  ],
  ['a call without its output', items([user('a'), callItem('c1'), user('b')]), /No tool output found/],
  ['an output without its call', items([user('a'), outputItem('c1')]), /No tool call found/],
  [
    'a call_id over 64 characters',
    items([user('a'), callItem('c'.repeat(65)), outputItem('c'.repeat(65))]),
    /maximum length 64/,
  ],
  [
    'content of another role',
    items([user([{ type: 'output_text', text: 'a' }])]),
    /Supported values are: 'input_text'/,
  ],
  ['temperature', items([user('a')], { temperature: 0.2 }), /'temperature' is not supported/],
  [
    'a tool in the form of chat',
    items([user('a')], { tools: [{ type: 'function', function: { name: 'a' } }] }),
    /tools\[0\]\.name/,
  ],
  [
    'an effort that the model does not know',
    items([user('a')], { model: 'gpt-5', reasoning: { effort: 'none' } }),
    /Unsupported value: 'none'/,
  ],
  [
    'encrypted content of a model that does not reason',
    items([user('a')], { model: 'gpt-4o', include: ['reasoning.encrypted_content'] }),
    /not supported with this model/,
  ],
];

const use = (id: string, more: unknown[] = []) => ({
  role: 'assistant',
  content: [...more, { type: 'tool_use', id, name: 'read', input: {} }],
});
const result = (id: string, more: Body = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content: 'ok',
  ...more,
});
const say = (messages: unknown[], more: Body = {}) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 4_096,
  messages,
  ...more,
});
const thinkingOn = { thinking: { type: 'enabled', budget_tokens: 2_000 } };
const thinkingOf = (model: string, thinking = 't') => ({
  type: 'thinking',
  thinking,
  signature: sign('anthropic', model, thinking),
});
const marked = { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } };

const anthropicCases: Case[] = [
  [
    'a first message that is not the user’s',
    say([{ role: 'assistant', content: 'a' }, user('b')]),
    /must use the "user" role/,
  ],
  [
    'a call without its result',
    say([user('a'), use('t1'), user('b')]),
    /without `tool_result` blocks immediately after: t1/,
  ],
  [
    'words before the result',
    say([user('a'), use('t1'), user([{ type: 'text', text: 'b' }, result('t1')])]),
    /immediately after/,
  ],
  [
    'a result without its call',
    say([user('a'), { role: 'assistant', content: 'b' }, user([result('t1')])]),
    /unexpected `tool_use_id`/,
  ],
  [
    'the same id twice',
    say([user('a'), use('t1'), user([result('t1')]), use('t1'), user([result('t1')])]),
    /must be unique/,
  ],
  [
    'an id with other characters',
    say([user('a'), use('functions.read:0'), user([result('functions.read:0')])]),
    /should match pattern/,
  ],
  ['empty text', say([user([{ type: 'text', text: '' }])]), /must be non-empty/],
  ['blank text', say([user([{ type: 'text', text: ' \n' }])]), /non-whitespace/],
  ['empty content', say([user('a'), { role: 'assistant', content: [] }, user('b')]), /non-empty content/],
  [
    'thinking of another model',
    say([user('a'), use('t1', [thinkingOf('claude-opus-4-5')]), user([result('t1')])]),
    /Invalid `signature`/,
  ],
  [
    'changed thinking',
    say([
      user('a'),
      use('t1', [{ ...thinkingOf('claude-sonnet-4-5'), thinking: 'u' }]),
      user([result('t1')]),
    ]),
    /Invalid `signature`/,
  ],
  [
    'thinking in a loop that began without it',
    say([user('a'), use('t1'), user([result('t1')])], thinkingOn),
    /Expected `thinking`/,
  ],
  [
    'temperature with thinking',
    say([user('a')], { ...thinkingOn, temperature: 0.2 }),
    /may only be set to 1/,
  ],
  ['temperature and top_p', say([user('a')], { temperature: 0.2, top_p: 0.5 }), /cannot both be specified/],
  [
    'temperature for the newest models',
    say([user('a')], { model: 'claude-sonnet-5', temperature: 0.2 }),
    /deprecated for this model/,
  ],
  [
    'a budget for the newest models',
    say([user('a')], { model: 'claude-opus-4-8', ...thinkingOn }),
    /not supported for this model/,
  ],
  [
    'adaptive thinking for older models',
    say([user('a')], { thinking: { type: 'adaptive' } }),
    /not supported on this model/,
  ],
  [
    'a budget as large as the answer',
    say([user('a')], { ...thinkingOn, max_tokens: 2_000 }),
    /greater than `thinking\.budget_tokens`/,
  ],
  [
    'a forced call with thinking',
    say([user('a')], {
      ...thinkingOn,
      tools: [{ name: 'a', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any' },
    }),
    /forces tool use/,
  ],
  ['five breakpoints', say([user(Array(5).fill(marked))]), /maximum of 4 blocks/],
  ['no max_tokens', say([user('a')], { max_tokens: undefined }), /max_tokens: Field required/],
  [
    'more max_tokens than the model has',
    say([user('a')], { max_tokens: 99_999 }),
    /maximum allowed number of output tokens/,
  ],
  [
    'a begun answer that ends in white space',
    say([user('a'), { role: 'assistant', content: 'b ' }]),
    /trailing whitespace/,
  ],
  [
    'a begun answer for newer models',
    say([user('a'), { role: 'assistant', content: 'b' }], { model: 'claude-opus-4-6' }),
    /assistant message prefill/,
  ],
  [
    'an unknown key in a block',
    say([user([{ type: 'text', text: 'a', id: 'b' }])]),
    /Extra inputs are not permitted/,
  ],
  ['a system message', say([{ role: 'system', content: 'a' }, user('b')]), /Unexpected role "system"/],
  [
    'a picture in a failed result',
    say([
      user('a'),
      use('t1'),
      user([
        result('t1', {
          is_error: true,
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }],
        }),
      ]),
    ]),
    /must be type "text"/,
  ],
];

const compatibleCases: Case[] = [
  [
    'Mistral: ids of another form',
    chat([user('a'), called('call_1'), answered('call_1')], { model: 'mistral-small' }),
    /length of 9/,
  ],
  [
    'Kimi: a call without reasoning_content',
    chat([user('a'), called('c1'), answered('c1')], { model: 'kimi-k2-thinking' }),
    /reasoning_content is missing/,
  ],
];

const geminiModel = 'gemini-3-pro-preview';
const gemini = (messages: unknown[], more: Body = {}) => chat(messages, { model: geminiModel, ...more });
const signature = (model = geminiModel, provider = 'gemini') => ({
  extra_content: { google: { thought_signature: encrypt(provider, model, 'call') } },
});
const placeholder = { extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } };
const signedCall = (id: string, more: Body) => {
  const { tool_calls: calls, ...message } = called(id);
  return { ...message, tool_calls: calls.map((one) => ({ ...one, ...more })) };
};

const geminiCases: Case[] = [
  [
    'a call of the open turn without a signature',
    gemini([user('a'), called('c1'), answered('c1')]),
    /Function call is missing a thought_signature in functionCall parts/,
  ],
  [
    'a signature of another model',
    gemini([user('a'), signedCall('c1', signature('gemini-3-flash-preview')), answered('c1')]),
    /Corrupted thought signature/,
  ],
  [
    'a signature of another provider, also in a turn that is over',
    gemini([user('a'), signedCall('c1', signature(geminiModel, 'openrouter')), answered('c1'), user('b')]),
    /Corrupted thought signature/,
  ],
  ['a field of another provider', gemini(hello, { reasoning: {} }), /Unknown name "reasoning"/],
];

const wires: [string, () => string, () => Record<string, string>, Case[], Body][] = [
  [
    'OpenAI chat',
    () => `${providers.openai.baseUrl}/chat/completions`,
    () => bearer('openai'),
    chatCases,
    chat([user('a'), called('c1'), answered('c1')]),
  ],
  ['Groq', () => `${providers.groq.baseUrl}/chat/completions`, () => bearer('groq'), groqCases, chat(hello)],
  [
    'OpenRouter',
    () => `${providers.openrouter.baseUrl}/chat/completions`,
    () => bearer('openrouter'),
    openRouterCases,
    routed(claude, signedBy(claude)),
  ],
  [
    'OpenAI responses',
    () => `${providers.openai.baseUrl}/responses`,
    () => bearer('openai'),
    responsesCases,
    items([user('a'), thought(), callItem('c1'), outputItem('c1')]),
  ],
  [
    'Anthropic',
    () => `${providers.anthropic.baseUrl}/v1/messages`,
    anthropicHeaders,
    anthropicCases,
    say([user('a'), use('t1', [thinkingOf('claude-sonnet-4-5')]), user([result('t1')])], thinkingOn),
  ],
  [
    'Gemini',
    () => `${providers.gemini.baseUrl}/chat/completions`,
    () => bearer('gemini'),
    geminiCases,
    gemini([
      ...[user('a'), called('c0'), answered('c0'), user('b')],
      ...[signedCall('c1', signature()), answered('c1'), signedCall('c2', placeholder), answered('c2')],
    ]),
  ],
  [
    'compatible',
    () => `${providers.compatible.baseUrl}/chat/completions`,
    () => ({}),
    compatibleCases,
    chat(hello, { model: 'llama3.2' }),
  ],
];

function bearer(name: 'openai' | 'groq' | 'openrouter' | 'gemini'): Record<string, string> {
  return { authorization: `Bearer ${providers[name].key}` };
}

function anthropicHeaders(): Record<string, string> {
  return { 'x-api-key': providers.anthropic.key, 'anthropic-version': '2023-06-01' };
}

for (const [wire, url, headers, cases, good] of wires)
  describe(wire, () => {
    for (const [rule, body, error] of cases)
      test(`refuses ${rule}`, async () => {
        const { status, text } = await post(url(), headers(), body);
        assert.ok(status === 400 || status === 404, `${status} ${text}`);
        // Google's errors are a list of one.
        const [told] = [JSON.parse(text)].flat();
        assert.match(told.error.metadata?.raw ?? text.replaceAll('\\"', '"'), error);
      });

    test('accepts a valid conversation, as a stream and whole', async () => {
      for (const stream of [true, false]) {
        const { status, text } = await post(url(), headers(), { ...good, stream });
        assert.equal(status, 200, text);
        assert.match(text, /Hello from|Hello f/);
      }
    });

    test('refuses a wrong key, and any header of Helicone’s', async () => {
      if (wire !== 'compatible') {
        const wrong = Object.fromEntries(
          Object.entries(headers()).map(([name, value]) => [name, `${value}x`]),
        );
        const { status } = await post(url(), { ...wrong, 'anthropic-version': '2023-06-01' }, good);
        assert.equal(status, wire === 'Gemini' ? 400 : 401);
      }
      const leaked = await post(url(), { ...headers(), 'helicone-user-id': 'ann' }, good);
      assert.equal(leaked.status, 400);
      assert.match(providers.refusals.at(-1)?.refusal ?? '', /helicone-user-id/);
    });
  });

test('Anthropic refuses a request without its version', async () => {
  const { status, text } = await post(
    `${providers.anthropic.baseUrl}/v1/messages`,
    { 'x-api-key': providers.anthropic.key },
    say([user('a')]),
  );
  assert.equal(status, 400);
  assert.match(text, /anthropic-version: header is required/);
});

test('Helicone refuses a missing or wrong key on both routes', async () => {
  const { urls } = providers.helicone;
  const proxy = await post(`${urls.openai}/chat/completions`, bearer('openai'), chat(hello));
  assert.equal(proxy.status, 401);
  const unified = await post(
    `${urls.gateway}/chat/completions`,
    bearer('openai'),
    chat(hello, { model: 'gpt-4o/openai' }),
  );
  assert.equal(unified.status, 401);
});
