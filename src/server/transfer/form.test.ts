import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { project } from '#server/agent/handoff/project.ts';
import type { Target } from '#server/gateway/types.ts';
import { messageForm } from './form.ts';

test('reasoning that was recorded without its id is imported, and the receipt says that it goes into no request', () => {
  const author = { provider: 'openai', model: 'gpt-5.4', wire: 'openai-responses' } as const;
  const data = JSON.stringify({ type: 'reasoning', summary: [], content: null, encrypted_content: 'gAAA' });
  const line = {
    ...{ role: 'assistant', ...author },
    parts: [
      { type: 'reasoning', text: '', capsule: { ...author, data } },
      { type: 'text', text: 'Well.' },
    ],
  };
  const message = v.parse(messageForm, line);
  const target: Target = {
    ...{ ...author, cost: { input: null, output: null }, contextWindow: null, maxOutput: null },
    capabilities: { tools: true, images: true, reasoning: true, temperature: false },
  };
  const row = { id: 'm', threadId: 't', seq: 1, runId: 'r', createdAt: '', ...message };
  const { report } = project([row as never], target);
  assert.deepEqual(
    report.dropped.map(({ what, count }) => [what, count]),
    [['reasoning', 1]],
  );
});

test('what a result says of a file, and of the rules of its folders, comes back as it was exported', () => {
  const result = {
    ...{ type: 'tool-result', toolCallId: 'c', name: 'read_file', status: 'ok', text: '1\tone' },
    file: { path: 'src/a.ts', hash: 'ab', lines: [1, 1] },
    rules: [{ path: 'src/AGENTS.md', hash: 'cd', text: 'Use tabs.' }],
  };
  const line = { role: 'tool', parts: [result], status: 'complete' };
  assert.deepEqual(v.parse(messageForm, line), line);
  for (const wrong of [
    { file: { path: 'a' } },
    { rules: [{ path: 'a', text: 'b' }] },
    { file: { ...result.file, lines: [0, 1.5] } },
  ])
    assert.equal(v.safeParse(messageForm, { ...line, parts: [{ ...result, ...wrong }] }).success, false);
});
