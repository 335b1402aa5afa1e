import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PromptMessage, Target } from '#server/gateway/types.ts';
import { roomForMessages } from './fit.ts';

const target = (provider: string): Target => ({
  ...{ provider, model: 'm', wire: 'openai-chat', cost: { input: null, output: null } },
  ...{ contextWindow: null, maxOutput: null },
  capabilities: { tools: true, images: true, reasoning: false, temperature: true },
});
const said: PromptMessage = { role: 'user', parts: [{ type: 'text', text: 'a' }] };

test('more messages than OpenAI takes do not fit, however large the window is', () => {
  const few = new Array<PromptMessage>(2_047).fill(said);
  const many = new Array<PromptMessage>(4_095).fill(said);
  assert.equal(roomForMessages(1_000_000, few, 40_000, target('openai')), 1_000_000);
  assert.equal(roomForMessages(1_000_000, many, 40_000, target('openai')), 20_000);
  assert.equal(roomForMessages(1_000_000, many, 40_000, target('groq')), 1_000_000);
});
