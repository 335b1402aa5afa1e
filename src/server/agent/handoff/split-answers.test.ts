import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssistantPart, Message } from '#protocol/message.ts';
import type { Target } from '#server/gateway/types.ts';
import { project } from './project.ts';

const target = (wire: Target['wire']): Target => ({
  ...{ provider: 'p', model: 'm', wire, cost: { input: null, output: null } },
  ...{ contextWindow: null, maxOutput: null },
  capabilities: { tools: true, images: true, reasoning: true, temperature: true },
});

const row = (seq: number, changes: Pick<Message, 'role' | 'parts'>, wire: Target['wire']): Message => ({
  ...{ id: `m${seq}`, threadId: 't', seq, runId: 'r', status: 'complete', createdAt: '' },
  ...(changes.role === 'assistant' ? { provider: 'p', model: 'm', wire } : {}),
  ...changes,
});

/** As some programs record one answer: each block is a line of its own. */
function split(wire: Target['wire']): Message[] {
  const capsule = {
    provider: 'p',
    model: 'm',
    wire,
    data: '{"type":"thinking","thinking":"hm","signature":"s"}',
  };
  const blocks: AssistantPart[] = [
    { type: 'reasoning', text: 'hm', capsule },
    { type: 'text', text: 'I look.' },
    { type: 'text', text: 'There.' },
    { type: 'tool-call', toolCallId: 'c1', name: 'read_file', args: '{}' },
  ];
  return [
    row(1, { role: 'user', parts: [{ type: 'text', text: 'Go.' }] }, wire),
    ...blocks.map((part, at) => row(2 + at, { role: 'assistant', parts: [part] }, wire)),
  ];
}

test('an answer that was recorded block by block keeps its sealed thoughts, and thinking stays on', () => {
  const { messages, suppressReasoning, report } = project(
    split('anthropic-messages'),
    target('anthropic-messages'),
  );
  const [, first] = messages;
  assert.deepEqual(first?.role === 'assistant' && first.parts.map(({ type }) => type), ['reasoning', 'text']);
  assert.equal(suppressReasoning, false);
  assert.deepEqual(report.dropped, []);
});

test('thoughts that no answer follows are told in the receipt', () => {
  const rows = split('anthropic-messages').slice(0, 2);
  rows.push(row(9, { role: 'user', parts: [{ type: 'text', text: 'And?' }] }, 'anthropic-messages'));
  const { report } = project(rows, target('anthropic-messages'));
  assert.deepEqual(report.dropped, [{ what: 'reasoning', count: 1, why: 'no answer follows it' }]);
});
