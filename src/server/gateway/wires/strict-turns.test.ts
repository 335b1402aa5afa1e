import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PromptMessage } from '../types.ts';
import { target } from '../testing/workbench.ts';
import { wires } from './index.ts';
import { WrittenMessages } from './written-messages.ts';

const model = target('openai:gpt-4o');
const image = { type: 'image' as const, mediaType: 'image/png', data: 'AA==' };
const said = (text: string): PromptMessage => ({ role: 'user', parts: [{ type: 'text', text }] });
const call: PromptMessage = {
  role: 'assistant',
  parts: [{ type: 'tool-call', toolCallId: 'abcdefghi', name: 'read_file', args: '{}' }],
};
const result = (images?: (typeof image)[]): PromptMessage => ({
  role: 'tool',
  results: [
    {
      type: 'tool-result',
      toolCallId: 'abcdefghi',
      name: 'read_file',
      status: 'ok',
      text: 'x',
      ...(images ? { images } : {}),
    },
  ],
});

function messagesOf(messages: PromptMessage[], dialect: object) {
  const context = { userId: 'u', threadId: null, runId: null };
  const request = { target: model, system: 'S', messages, tools: [], settings: {}, context };
  const body = wires['openai-chat'].write(request, dialect, new WrittenMessages());
  return (JSON.parse(body) as { messages: { role: string; content: unknown }[] }).messages;
}

const roles = (messages: PromptMessage[], dialect: object) =>
  messagesOf(messages, dialect).map(({ role }) => role);

test('where a template wants strict turns, an answer stands between results and the words or pictures after them', () => {
  const strict = { strictTurns: true };
  const stopped = [said('a'), call, result(), said('b')];
  assert.deepEqual(roles(stopped, strict), ['system', 'user', 'assistant', 'tool', 'assistant', 'user']);
  assert.deepEqual(roles(stopped, {}), ['system', 'user', 'assistant', 'tool', 'user']);
  assert.deepEqual(roles([said('a'), call, result([image]), call, result()], strict), [
    ...['system', 'user', 'assistant', 'tool', 'assistant', 'user'],
    ...['assistant', 'tool'],
  ]);
});

test('two messages of one side alternate with one of the other, and nothing that was written before changes', () => {
  const strict = { strictTurns: true };
  const first = messagesOf([said('a'), said('b')], strict);
  assert.deepEqual(
    first.map(({ role }) => role),
    ['system', 'user', 'assistant', 'user'],
  );
  assert.deepEqual(messagesOf([said('a'), said('b'), said('c')], strict).slice(0, 4), first);
});

test('a call of Gemini never follows another message of its own, as blocks that were recorded one by one do', () => {
  const words: PromptMessage = { role: 'assistant', parts: [{ type: 'text', text: 'I look.' }] };
  const sent = roles([said('a'), words, call, result(), said('b')], { thoughtSignatures: true });
  assert.deepEqual(sent.slice(1), ['user', 'assistant', 'user', 'assistant', 'tool', 'user']);
});

test('a template without a system role reads the prompt at the beginning of the first message', () => {
  const [first, ...rest] = messagesOf([said('a'), call, result()], { systemRole: false, strictTurns: true });
  assert.deepEqual(first, { role: 'user', content: 'S\n\na' });
  assert.ok(rest.every(({ role }) => role !== 'system'));
});
