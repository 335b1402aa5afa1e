import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssistantPart, ToolResultPart } from '#protocol/message.ts';
import { openWorkbench, request, says, target } from '../testing/workbench.ts';
import type { PromptMessage } from '../types.ts';
import { wires } from './index.ts';
import { WrittenMessages } from './written-messages.ts';

const claude = target('anthropic:claude-sonnet-4-5');

test('a signed block goes back without what another program added to its record', () => {
  const block = { type: 'thinking', thinking: 'hm', signature: 'sig' };
  const { provider, wire, model } = claude;
  const data = JSON.stringify({ ...block, cache_control: { type: 'ephemeral' } });
  const parts: AssistantPart[] = [
    { type: 'reasoning', text: 'hm', capsule: { provider, wire, model, data } },
    { type: 'text', text: 'Well.' },
  ];
  const messages: PromptMessage[] = [says('a'), { role: 'assistant', parts }, says('b')];
  const asked = request(claude, { messages, settings: { reasoningEffort: 'medium' } });
  const body = JSON.parse(wires[wire].write(asked, {}, new WrittenMessages())) as {
    messages: { content: unknown[] }[];
  };
  assert.deepEqual(body.messages[1]?.content[0], block);
});

test('the pictures of a failed call follow all results, since a failed result may hold only text', async () => {
  await using bench = await openWorkbench();
  const image = { type: 'image' as const, mediaType: 'image/png', data: 'iVBORw0KGgo=' };
  const call: AssistantPart = { type: 'tool-call', toolCallId: 'c1', name: 'read_file', args: '{}' };
  const result: ToolResultPart = {
    ...{ type: 'tool-result', toolCallId: 'c1', name: 'read_file', status: 'error' },
    ...{ text: 'no', images: [image] },
  };
  const messages: PromptMessage[] = [
    says('a'),
    { role: 'assistant', parts: [call] },
    { role: 'tool', results: [result] },
  ];
  const { failure } = await bench.ask(request(claude, { messages }));
  assert.ifError(failure);
  const { bodyText } = bench.providers.requests.at(-1) as { bodyText: string };
  assert.match(bodyText, /"is_error":true\},\{"type":"text"[^}]*\},\{"type":"image"/);
});
