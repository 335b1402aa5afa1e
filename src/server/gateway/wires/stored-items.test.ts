import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssistantPart } from '#protocol/message.ts';
import { encrypt } from '#tests/upstreams/seal.ts';
import { continued, openWorkbench, request, says, target } from '../testing/workbench.ts';
import type { PromptMessage } from '../types.ts';

const model = 'gpt-5.4';
const to = target(`openai:${model}`);
const capsule = (data: object | string) => ({
  provider: 'openai',
  wire: 'openai-responses' as const,
  model,
  data: typeof data === 'string' ? data : JSON.stringify(data),
});

interface Item {
  type: string;
  id?: string;
  phase?: string;
}

/** What the body of a turn with this answer in it says of the answer. */
async function sent(
  bench: Awaited<ReturnType<typeof openWorkbench>>,
  parts: AssistantPart[],
): Promise<Item[]> {
  const messages: PromptMessage[] = [says('Hello?'), ...continued({ parts }), says('And now?')];
  const { failure } = await bench.ask(request(to, { messages }));
  assert.ifError(failure);
  const { input } = bench.providers.requests.at(-1)?.body as { input: (Item & { role?: string })[] };
  return input.filter(({ type, role }) => role !== 'user' && type !== 'function_call_output');
}

const text = (data?: object): AssistantPart => ({
  type: 'text',
  text: 'Well.',
  ...(data ? { capsule: capsule(data) } : {}),
});
const call = (data: object | string): AssistantPart => ({
  type: 'tool-call',
  toolCallId: 'call_1',
  name: 'read_file',
  args: '{}',
  capsule: capsule(data),
});
const reasoning = (data: object | string): AssistantPart => ({
  type: 'reasoning',
  text: 'hm',
  capsule: capsule(data),
});
const whole = (id: string) => ({
  type: 'reasoning',
  id,
  summary: [],
  encrypted_content: encrypt('openai', model, id),
});

test('items that only a store knows stay at home: reasoning without its content, references, and the ids that need them', async () => {
  await using bench = await openWorkbench();
  for (const stored of [
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: null },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: '' },
    { type: 'item_reference', id: 'rs_1' },
    'null',
    '[]',
    '"rs_1"',
  ]) {
    const items = await sent(bench, [reasoning(stored), text({ id: 'msg_1' }), call({ id: 'fc_1' })]);
    assert.deepEqual(
      items.map(({ type, id }) => [type, id]),
      [
        ['message', undefined],
        ['function_call', undefined],
      ],
    );
  }
  const mixed = [
    reasoning(whole('rs_2')),
    reasoning({ type: 'reasoning', id: 'rs_3', summary: [] }),
    call({ id: 'fc_2' }),
  ];
  assert.deepEqual(
    (await sent(bench, mixed)).map(({ type, id }) => [type, id]),
    [['function_call', undefined]],
  );
  assert.deepEqual(bench.providers.refusals, []);
});

test('whole reasoning goes back with its items, and never without one that follows it', async () => {
  await using bench = await openWorkbench();
  const items = await sent(bench, [reasoning(whole('rs_4')), call({ id: 'fc_4' })]);
  assert.deepEqual(
    items.map(({ id }) => id),
    ['rs_4', 'fc_4'],
  );
  const empty: AssistantPart = { type: 'text', text: '', capsule: capsule({ id: 'msg_5' }) };
  assert.deepEqual(await sent(bench, [reasoning(whole('rs_5')), empty]), []);
  const trailing = await sent(bench, [text(), reasoning(whole('rs_6')), empty]);
  assert.deepEqual(
    trailing.map(({ type }) => type),
    ['message'],
  );
  assert.deepEqual(bench.providers.refusals, []);
});

test('the phase of an answer goes back, also where its id may not; an id of another kind never does', async () => {
  await using bench = await openWorkbench();
  const [message] = await sent(bench, [text({ id: 'msg_7', phase: 'commentary' })]);
  assert.deepEqual([message?.id, message?.phase], [undefined, 'commentary']);
  for (const data of [{ id: 'call_8' }, { id: 8 }, 'null', '[1]']) {
    const items = await sent(bench, [reasoning(whole('rs_8')), call(data)]);
    assert.deepEqual(
      items.map(({ id }) => id),
      ['rs_8', undefined],
    );
  }
  assert.deepEqual(bench.providers.refusals, []);
});

test('the stand-in knows stored items for the key that stored them, and for nobody else', async () => {
  const script = () => ({ reasoning: 'Hm.', text: 'Stored.' });
  await using bench = await openWorkbench({ script });
  const { baseUrl, key } = bench.providers.openai;
  const post = async (body: object, as = key) => {
    const response = await fetch(`${baseUrl}/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${as}` },
      body: JSON.stringify({ model, ...body }),
    });
    return { status: response.status, text: await response.text() };
  };
  const first = JSON.parse((await post({ input: 'Hello' })).text) as { output: Item[] };
  const ids = first.output.map(({ id }) => ({ type: 'item_reference', id }));
  const input = [{ role: 'user', content: 'Hello' }, ...ids, { role: 'user', content: 'And?' }];
  assert.equal((await post({ input })).status, 200);
  for (const [more, as] of [
    [{ store: false }, key],
    [{}, `${key}-other`],
  ] as const) {
    const { status, text: said } = await post({ input, ...more }, as);
    assert.equal(status, 404);
    assert.match(said, /Item with id 'rs_\w+' not found/);
  }
});

test('reasoning goes back with what a request may have of it, however its answer or another program wrote it', async () => {
  await using bench = await openWorkbench();
  const own = whole('rs_1');
  const [plain] = await sent(bench, [reasoning(own), text()]);
  assert.deepEqual(plain, own);
  for (const odd of [{ status: 'completed' }, { content: null }, { internal: true, status: null }])
    assert.deepEqual((await sent(bench, [reasoning({ ...own, ...odd }), text()]))[0], own);
  assert.deepEqual(bench.providers.refusals, []);
});
