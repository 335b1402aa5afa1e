import assert from 'node:assert/strict';
import { test } from 'node:test';
import { target } from '../testing/workbench.ts';
import { wires } from './index.ts';

const chat = target('openai:gpt-4o');

/** What the chat reader makes of the deltas of one answer. */
function read(...deltas: object[]) {
  const reader = wires['openai-chat'].reader(chat, {});
  for (const delta of deltas)
    reader.push({ event: 'message', data: JSON.stringify({ choices: [{ delta, finish_reason: null }] }) });
  reader.push({ event: 'message', data: '{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}' });
  return reader.end();
}

const called = (name: string, args: unknown, more = {}) => ({
  ...more,
  type: 'function',
  function: { name, arguments: args },
});

const namesAndArgs = (parts: ReturnType<typeof read>['parts']) =>
  parts.flatMap((part) => (part.type === 'tool-call' ? [[part.name, part.args]] : []));

test('calls of servers that give neither index nor id stay calls of their own', () => {
  for (const more of [{}, { index: 0 }, { id: '' }, { id: null }]) {
    const { parts } = read(
      { tool_calls: [called('read_file', '{"path":"a"}', more)] },
      { tool_calls: [called('read_file', '{"path":"b"}', more)] },
    );
    assert.deepEqual(namesAndArgs(parts), [
      ['read_file', '{"path":"a"}'],
      ['read_file', '{"path":"b"}'],
    ]);
    assert.equal(new Set(parts.map((part) => (part.type === 'tool-call' ? part.toolCallId : ''))).size, 2);
  }
});

test('a name that is repeated with every piece of the arguments is one call', () => {
  const { parts } = read(
    { tool_calls: [called('read_file', '', { index: 0 })] },
    { tool_calls: [called('read_file', '{"path":', { index: 0 })] },
    { tool_calls: [called('read_file', '"a"}', { index: 0 })] },
  );
  assert.deepEqual(namesAndArgs(parts), [['read_file', '{"path":"a"}']]);
});

test('arguments that come as an object are the same arguments', () => {
  const { parts } = read({ tool_calls: [called('read_file', { path: 'a' }, { index: 0, id: 'x' })] });
  assert.deepEqual(namesAndArgs(parts), [['read_file', '{"path":"a"}']]);
});

test('content that comes as a list of parts is their text', () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
    { type: 'text', text: 'Hi' },
  ];
  assert.deepEqual(read({ content }, { content: '!' }).parts, [{ type: 'text', text: 'Hi!' }]);
});
