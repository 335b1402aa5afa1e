import { test } from 'node:test';
import assert from 'node:assert/strict';
import { withFamily } from './model-families.ts';

const unknown = {
  wire: 'openai-chat' as const,
  capabilities: { tools: true, images: false, reasoning: false, temperature: true },
};

const wantsReasoning = [
  'kimi-k2-thinking',
  'moonshotai/kimi-k2.6',
  'deepseek-reasoner',
  'deepseek/deepseek-v4-pro',
];
const nineCharacters = ['mistral-large', 'mistralai/devstral-2', 'codestral-latest'];

test('a model is spoken to by the rules of its family, wherever it runs', () => {
  for (const model of wantsReasoning) {
    const { dialect, capabilities } = withFamily(model, unknown) as { dialect?: object } & typeof unknown;
    assert.deepEqual(dialect, { reasoningContent: true }, model);
    assert.equal(capabilities.reasoning, true, model);
  }
  for (const model of nineCharacters) {
    const { dialect } = withFamily(model, unknown) as { dialect?: { toolCallId?: { exactLength?: number } } };
    assert.equal(dialect?.toolCallId?.exactLength, 9, model);
  }
  assert.equal(withFamily('gemma-2-9b-it', unknown).capabilities.tools, false);
});

test('a model of no family, or with a name that only resembles one, keeps the guess', () => {
  for (const model of ['llama-3.3-70b', 'kimi-latest', 'deepseek-chat', 'unmistral', 'gpt-4.1'])
    assert.equal(withFamily(model, unknown), unknown, model);
});
