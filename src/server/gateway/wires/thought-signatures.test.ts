import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '#tests/upstreams/index.ts';
import { continued, openWorkbench, request, says, target } from '../testing/workbench.ts';
import type { ModelRequest, PromptMessage } from '../types.ts';

const own = target('gemini:gemini-3-pro-preview');
const routed = target('openrouter:google/gemini-3.1-pro-preview');
const older = target('gemini:gemini-2.5-flash');
const placeholder = 'skip_thought_signature_validator';

const look = (path: string) => ({ name: 'read_file', args: { path } });
const parallel: Answer = { text: 'Both.', calls: [look('a'), look('b')] };

interface Holder {
  extra_content?: { google: { thought_signature: string } };
}
interface Sent extends Holder {
  role: string;
  tool_calls?: Holder[];
  reasoning_details?: { data: string; id?: string }[];
}

/** The messages of the assistant in the last request. */
function assistants({ requests }: { requests: readonly { body: object }[] }): Sent[] {
  const { messages } = requests.at(-1)?.body as { messages: Sent[] };
  return messages.filter(({ role }) => role === 'assistant');
}

/** Made by another model: no signature, ids of its own. */
function foreign(...ids: string[]): PromptMessage[] {
  const calls = ids.map((toolCallId) => {
    return { type: 'tool-call' as const, toolCallId, name: 'read_file', args: '{"path":"x"}' };
  });
  return continued({ parts: [{ type: 'text', text: 'I look.' }, ...calls] });
}

for (const stream of [true, false])
  for (const to of [own, older])
    test(`a signature of a call or a text goes back as it came, through a loop and a turn: ${to.model}, ${stream ? 'streamed' : 'whole'}`, async () => {
      await using bench = await openWorkbench({
        script: [parallel, { calls: [look('c')] }, { text: 'Done.' }, { text: 'Bye.' }],
      });
      const ask = async (messages: PromptMessage[]) => {
        const changes: Partial<ModelRequest> = { messages, settings: { stream } };
        const { finished, failure } = await bench.ask(request(to, changes));
        assert.ifError(failure);
        assert.ok(finished);
        return [...messages, ...continued(finished)];
      };
      let messages = [says('Look.')];
      for (let step = 0; step < 3; step++) messages = await ask(messages);
      await ask([...messages, says('Bye.')]);
      const [first, second, text] = assistants(bench.providers);
      assert.equal(first?.tool_calls?.length, 2);
      const signatures = [
        first.tool_calls[0]?.extra_content?.google.thought_signature,
        second?.tool_calls?.[0]?.extra_content?.google.thought_signature,
        text?.extra_content?.google.thought_signature,
      ];
      assert.ok(signatures.every((signature) => signature?.startsWith('gAAA')));
      assert.equal(new Set(signatures).size, 3);
      assert.equal(first.tool_calls[1]?.extra_content, undefined, 'parallel calls have one');
      assert.deepEqual(bench.providers.refusals, []);
    });

test('calls of another model carry the placeholder at the first of each message, the own ones their own', async () => {
  await using bench = await openWorkbench({ script: [parallel, { text: 'Done.' }, { text: 'Done.' }] });
  const begun = [says('Look.'), ...foreign('toolu_1', 'toolu_2')];
  const { finished } = await bench.ask(request(own, { messages: begun }));
  assert.ok(finished);
  const [sent] = assistants(bench.providers);
  assert.equal(sent?.tool_calls?.[0]?.extra_content?.google.thought_signature, placeholder);
  assert.equal(sent.tool_calls[1]?.extra_content, undefined);
  const { failure } = await bench.ask(request(own, { messages: [...begun, ...continued(finished)] }));
  assert.ifError(failure);
  const [before, mine] = assistants(bench.providers);
  assert.deepEqual(before, sent, 'the prefix keeps its bytes');
  assert.match(mine?.tool_calls?.[0]?.extra_content?.google.thought_signature ?? '', /^gAAA/);
  await bench.ask(request(older, { messages: begun }));
  assert.equal(
    assistants(bench.providers)[0]?.tool_calls?.[0]?.extra_content,
    undefined,
    'an older one needs none',
  );
  assert.deepEqual(bench.providers.refusals, []);
});

test('a signature of another model never goes out: Google would call it corrupted', async () => {
  await using bench = await openWorkbench({ script: [parallel, { text: 'Done.' }, { text: 'Done.' }] });
  const { finished } = await bench.ask(request(own));
  assert.ok(finished);
  const messages = [says('Hello?'), ...continued(finished)];
  for (const to of [target('gemini:gemini-3.5-flash'), target('openai:gpt-4o')]) {
    const { failure } = await bench.ask(request(to, { messages }));
    assert.ifError(failure);
    assert.doesNotMatch(JSON.stringify(assistants(bench.providers)), /gAAA/);
  }
});

test('over OpenRouter the placeholder stands among the reasoning details, with the id of the first call', async () => {
  await using bench = await openWorkbench({ script: [parallel, { text: 'Done.' }] });
  const begun = [says('Look.'), ...foreign('toolu_1', 'toolu_2')];
  const { finished, failure } = await bench.ask(request(routed, { messages: begun }));
  assert.ifError(failure);
  assert.ok(finished);
  const [sent] = assistants(bench.providers);
  assert.deepEqual(sent?.reasoning_details, [
    { type: 'reasoning.encrypted', data: placeholder, format: 'google-gemini-v1', index: 0, id: 'toolu_1' },
  ]);
  const next = await bench.ask(request(routed, { messages: [...begun, ...continued(finished)] }));
  assert.ifError(next.failure);
  assert.match(assistants(bench.providers)[1]?.reasoning_details?.[0]?.data ?? '', /^gAAA/);
});

test('thoughts that Google marks among the content are reasoning, not words of the answer', async () => {
  const choice = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;
  const marked = (content: string) => choice({ content, extra_content: { google: { thought: true } } });
  const body = [marked('<thought>Hm, '), marked('yes.</thought>'), choice({ content: 'Yes.' }, 'stop')].join(
    '',
  );
  const fault = { kind: 'page', body, contentType: 'text/event-stream' } as const;
  await using bench = await openWorkbench({ script: [{ fault }] });
  const { finished } = await bench.ask(request(own));
  assert.deepEqual(finished?.parts, [
    { type: 'reasoning', text: 'Hm, yes.' },
    { type: 'text', text: 'Yes.' },
  ]);
});
