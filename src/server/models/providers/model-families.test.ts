import { test } from 'node:test';
import assert from 'node:assert/strict';
import { withFamily, withModelRules } from './model-families.ts';

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
  for (const model of ['llama-3.3-70b', 'kimi-latest', 'deepseek-chat', 'unmistral', 'gpt-3.5-turbo'])
    assert.equal(withFamily(model, unknown), unknown, model);
});

const seeing = [
  ...[
    'llava:13b',
    'qwen2.5vl:7b',
    'Qwen/Qwen2.5-VL-72B-Instruct',
    'qwen3-vl:8b',
    'gemma-3-27b-it',
    'gemma3:12b',
  ],
  ...['gemma3', 'meta-llama/Llama-4-Scout', 'pixtral-12b', 'gpt-4o-mini', 'gpt-5.2', 'claude-sonnet-4-5'],
  ...['gemini-3-pro-preview', 'models/gemini-2.5-flash', 'llama3.2-vision:11b', 'kimi-k2.6', 'glm-4.5v'],
];
const blind = [
  ...[
    'gemma3:1b',
    'gemma-3-270m-it',
    'llama-3.3-70b',
    'gpt-oss:20b',
    'qwen3:8b',
    'deepseek-r1',
    'mistral-large',
  ],
  ...['kimi-k2-thinking', 'gemma-2-9b', 'phi-4', 'revlon-13b'],
];

test('whether a model sees is guessed by its family, and marked as a guess', () => {
  for (const model of seeing) {
    const { capabilities, guessed } = withFamily(model, unknown as typeof unknown & { guessed?: 'images'[] });
    assert.deepEqual([capabilities.images, guessed], [true, ['images']], model);
  }
  for (const model of blind) {
    const facts = withFamily(model, unknown as typeof unknown & { guessed?: 'images'[] });
    assert.deepEqual([facts.capabilities.images, facts.guessed], [false, undefined], model);
  }
});

test('a host that serves models of all makers keeps the rules of a model, not those of a server', () => {
  type Facts = typeof unknown & { dialect?: object };
  const rules = (model: string) => withModelRules(model, unknown as Facts).dialect;
  assert.deepEqual(rules('google/gemma-4-31b-it'), { reasoningBack: false });
  assert.deepEqual(rules('google/gemini-3.5-flash'), { thoughtSignatures: true });
  assert.equal(rules('google/gemini-2.5-pro'), undefined);
  assert.equal(rules('moonshotai/kimi-k2.6'), undefined);
  assert.deepEqual(rules('mistralai/devstral-2'), {
    toolCallId: { pattern: '^[A-Za-z0-9]+$', maxLength: 9, exactLength: 9 },
    strictTurns: true,
  });
});
