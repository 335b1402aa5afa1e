import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoTask } from './project.ts';
import { demoUpstream } from './upstream.ts';

const signal = () => new AbortController().signal;

async function ask(path: string, body: object | string) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await demoUpstream(0).respond(path, text, signal());
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return { ...response, text: Buffer.concat(chunks).toString(), chunks };
}

const names = ['list_files', 'search_text', 'read_file', 'edit_file', 'run_terminal_command'];
const chatTools = names.map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object' } },
}));
const messagesTools = names.map((name) => ({ name, input_schema: { type: 'object' } }));

const chat = (messages: object[], more: object = {}) =>
  ask('/chat/completions', { model: 'scripted-chat', stream: true, tools: chatTools, messages, ...more });
const messages = (turns: object[], more: object = {}) =>
  ask('/v1/messages', {
    model: 'scripted-messages',
    max_tokens: 8_000,
    stream: true,
    tools: messagesTools,
    messages: turns,
    ...more,
  });

const said = { role: 'user', content: demoTask };
const call = (id: string, name = 'list_files') => ({
  id,
  type: 'function',
  function: { name, arguments: '{}' },
});
const thinking = { thinking: { type: 'enabled', budget_tokens: 4_096 } };

/** The data of a stream's events, parsed. */
function events(text: string): Record<string, unknown>[] {
  const data = text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
  return data.filter((line) => line !== '[DONE]').map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the chat wire streams in pieces: role, text, calls with an id and arguments, finish reason, usage, [DONE]', async () => {
  const { status, headers, text, chunks } = await chat([said], { stream_options: { include_usage: true } });
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/event-stream/);
  assert.ok(chunks.length > 10);
  assert.ok(text.endsWith('data: [DONE]\n\n'));
  const all = events(text) as {
    choices: { delta: { content?: string; tool_calls?: { id?: string }[] }; finish_reason: string | null }[];
    usage: { prompt_tokens: number } | null;
  }[];
  assert.match(
    all.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    /scripted demo, not an AI/,
  );
  const ids = all.flatMap(({ choices }) => choices[0]?.delta.tool_calls?.flatMap(({ id }) => id ?? []) ?? []);
  assert.equal(new Set(ids).size, 2);
  assert.equal(all.at(-2)?.choices[0]?.finish_reason, 'tool_calls');
  assert.ok((all.at(-1)?.usage?.prompt_tokens ?? 0) > 0);
});

test('asked without streaming, each wire gives the whole answer that its stream gives', async () => {
  const whole = await chat([said], { stream: false });
  assert.match(whole.headers['content-type'] ?? '', /json/);
  const completion = JSON.parse(whole.text) as {
    choices: { message: { content: string; tool_calls: unknown[] }; finish_reason: string }[];
  };
  const [choice] = completion.choices;
  assert.match(choice?.message.content ?? '', /scripted demo, not an AI/);
  assert.deepEqual([choice?.message.tool_calls.length, choice?.finish_reason], [2, 'tool_calls']);
  const { text } = await messages([said], { ...thinking, stream: false });
  const message = JSON.parse(text) as { content: { type: string }[]; stop_reason: string };
  const types = message.content.map(({ type }) => type);
  assert.deepEqual([types[0], types[1], types.at(-1)], ['thinking', 'text', 'tool_use']);
  assert.equal(message.stop_reason, 'tool_use');
});

test('the messages wire thinks when it is asked to, signs it, and ends as the API does', async () => {
  const { text } = await messages([said], thinking);
  const types = events(text).map(({ type }) => type);
  assert.deepEqual(
    [types[0], types.at(-2), types.at(-1)],
    ['message_start', 'message_delta', 'message_stop'],
  );
  assert.match(text, /"type":"thinking_delta"/);
  assert.match(text, /"type":"signature_delta","signature":"[A-Za-z0-9+/=]{44}"/);
  assert.match(text, /"stop_reason":"tool_use"/);
  assert.doesNotMatch((await messages([said])).text, /thinking/);
});

test('a chat request that OpenAI would refuse is refused, with its status and error body', async () => {
  const answered = { role: 'tool', tool_call_id: 'c1', content: 'x' };
  const asked = { role: 'assistant', content: null, tool_calls: [call('c1'), call('c2')] };
  const refused: [string, object[], RegExp][] = [
    ['a call without its result', [said, asked, answered], /did not have response messages: c2/],
    ['words between call and result', [said, asked, said, answered], /must be followed by tool messages/],
    ['a result without a call', [said, answered], /must be a response to a preceeding message/],
    ['an empty answer', [said, { role: 'assistant', content: null }], /expected a string, got null/],
    [
      'a field of another provider',
      [said, { role: 'assistant', content: 'x', reasoning_details: [] }],
      /reasoning_details/,
    ],
    [
      'an image',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }],
      /Invalid value at/,
    ],
    ['nothing', [], /empty array/],
  ];
  for (const [what, conversation, sentence] of refused) {
    const { status, text } = await chat(conversation);
    assert.equal(status, 400, what);
    const { error } = JSON.parse(text) as { error: { message: string; type: string } };
    assert.equal(error.type, 'invalid_request_error');
    assert.match(error.message, sentence, what);
  }
  assert.equal((await ask('/chat/completions', '{')).status, 400);
  const options = { stream: false, stream_options: { include_usage: true } };
  assert.equal((await chat([said], options)).status, 400);
  const unknown = await chat([said], { model: 'gpt-4o' });
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /model_not_found/);
  assert.equal((await ask('/completions', {})).status, 404);
});

test('a messages request that Anthropic would refuse is refused, with its status and error body', async () => {
  const used = { type: 'tool_use', id: 't1', name: 'list_files', input: {} };
  const result = { type: 'tool_result', tool_use_id: 't1', content: 'x' };
  const assistant = (...content: object[]) => ({ role: 'assistant', content });
  const user = (...content: object[]) => ({ role: 'user', content });
  const foreign = { type: 'thinking', thinking: 'so', signature: 'c29tZWJvZHkgZWxzZQ==' };
  const refused: [string, object[], RegExp, object?][] = [
    [
      'a call without its result',
      [said, assistant(used), said],
      /`tool_use` ids were found without `tool_result`/,
    ],
    ['a call at the end', [said, assistant(used)], /`tool_use` ids were found without/],
    [
      'words before the result',
      [said, assistant(used), user({ type: 'text', text: 'x' }, result)],
      /immediately after: t1/,
    ],
    ['a result without a call', [user(result)], /unexpected `tool_use_id`/],
    [
      'an id with a dot',
      [said, assistant({ ...used, id: 'f.x:0' }), user({ ...result, tool_use_id: 'f.x:0' })],
      /should match pattern/,
    ],
    [
      'a foreign signature',
      [said, assistant(foreign, { type: 'text', text: 'x' }), said],
      /Invalid `signature`/,
    ],
    ['an empty text', [user({ type: 'text', text: ' ' })], /non-empty/],
    [
      'the assistant first',
      [assistant({ type: 'text', text: 'x' })],
      /first message must use the "user" role/,
    ],
    ['two of a person in a row', [said, said], /roles must alternate/],
    [
      'a loop that began without thinking',
      [said, assistant(used), user(result)],
      /Expected `thinking`/,
      thinking,
    ],
    ['a temperature with thinking', [said], /may only be set to 1/, { ...thinking, temperature: 0.2 }],
    ['a budget over the limit', [said], /must be greater than/, { ...thinking, max_tokens: 2_000 }],
    [
      'a field of another provider',
      [said, assistant({ type: 'text', text: 'x', annotations: [] }), said],
      /messages\.1\.content\.0\.annotations: Extra inputs are not permitted/,
    ],
    ['no limit', [said], /max_tokens: Field required/, { max_tokens: undefined }],
  ];
  for (const [what, turns, sentence, more] of refused) {
    const { status, text } = await messages(turns, more);
    assert.equal(status, 400, `${what}: ${text}`);
    const body = JSON.parse(text) as { type: string; error: { type: string; message: string } };
    assert.deepEqual([body.type, body.error.type], ['error', 'invalid_request_error']);
    assert.match(body.error.message, sentence, what);
  }
  const unknown = await messages([said], { model: 'claude-opus-4-8' });
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /not_found_error/);
});

test('its own signed thinking comes back to it, and a tool loop goes on with it', async () => {
  const { text } = await messages([said], thinking);
  const blocks: Record<string, string>[] = [];
  for (const event of events(text) as {
    content_block?: Record<string, string>;
    index: number;
    delta?: Record<string, string>;
  }[]) {
    if (event.content_block) blocks[event.index] = { ...event.content_block };
    const block = blocks[event.index];
    for (const [key, value] of Object.entries(event.delta ?? {}))
      if (block && key !== 'type' && key !== 'partial_json') block[key] = (block[key] ?? '') + value;
  }
  assert.equal(blocks[0]?.type, 'thinking');
  const used = blocks.filter(({ type }) => type === 'tool_use');
  const results = used.map(({ id }) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: 'src/cart.js\ntest/cart.test.js',
  }));
  const content = blocks.map((block) => (block.type === 'tool_use' ? { ...block, input: {} } : block));
  const next = await messages(
    [said, { role: 'assistant', content }, { role: 'user', content: results }],
    thinking,
  );
  assert.equal(next.status, 200, next.text);
  assert.match(next.text, /read_file/);
});

test('an abort ends the stream at once', async () => {
  const stop = new AbortController();
  const body = JSON.stringify({ model: 'scripted-chat', stream: true, tools: chatTools, messages: [said] });
  const { body: stream } = await demoUpstream().respond('/chat/completions', body, stop.signal);
  let chunks = 0;
  await assert.rejects(
    async () => {
      for await (const _chunk of stream) if (++chunks === 2) stop.abort();
    },
    { name: 'AbortError' },
  );
  assert.equal(chunks, 2);
});

test('without the tools of an agent, and for anything but its task, it says plainly what it is and how to add a key', async () => {
  for (const [content, tools] of [
    [demoTask, []],
    ['Write me a poem', chatTools],
    ['What can you do?', chatTools],
  ] as const) {
    const { text } = await chat([{ role: 'user', content }], { tools });
    const all = events(text) as {
      choices: { delta: { content?: string }; finish_reason: string | null }[];
    }[];
    const spoken = all.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    assert.match(spoken, /I am a scripted demo, not an AI/);
    assert.match(spoken, /OPENAI_API_KEY.*\.env/);
    assert.equal(all.at(-1)?.choices[0]?.finish_reason, 'stop');
  }
});
