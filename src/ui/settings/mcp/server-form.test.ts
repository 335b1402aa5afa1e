import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServer } from './server-form.ts';

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test('a remote server names its secrets; a program belongs to its thread', () => {
  const fields = {
    name: 'docs',
    url: ' https://x.test/mcp ',
    bearerVariable: 'MCP_T',
    headers: 'X-Key: MCP_K\n\n',
  };
  assert.deepEqual(readServer(form(fields), null).transport, {
    type: 'http',
    url: 'https://x.test/mcp',
    bearerVariable: 'MCP_T',
    headers: [{ name: 'X-Key', variable: 'MCP_K' }],
    allowPrivate: false,
  });
  assert.deepEqual(
    readServer(form({ name: 'in', type: 'stdio', command: 'node x.js' }), 'thread-1').transport,
    {
      type: 'stdio',
      command: 'node x.js',
      threadId: 'thread-1',
    },
  );
});
