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
