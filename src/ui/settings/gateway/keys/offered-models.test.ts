import { test } from 'node:test';
import assert from 'node:assert/strict';
import { offeredModels } from './offered-models.ts';

const model = (provider: string, id: string, name = `${provider}/${id}`, available = true) => ({
  name,
  provider,
  model: id,
  label: id.toUpperCase(),
  available,
});

test('a key is offered names of one’s own, whole providers, presets and the models of a server of one’s own', () => {
  const own = { fast: { endpoints: [{ provider: 'lab', model: 'big', weight: 1 }] } };
  const providers = [
    { id: 'openai', label: 'OpenAI', configured: true },
    { id: 'lab', label: 'Our lab', configured: true },
    { id: 'groq', label: 'Groq', configured: false },
  ];
  const models = [
    model('openai', 'gpt-4o', 'gpt-4o'),
    model('lab', 'big'),
    model('openai', 'gone', 'gone', false),
    model('openai', 'quick', 'fast'),
  ];
  assert.deepEqual(offeredModels(own, providers, models), [
    { value: 'fast', label: 'your name for lab/big' },
    { value: 'openai/*', label: 'all of OpenAI' },
    { value: 'lab/*', label: 'all of Our lab' },
    { value: 'gpt-4o', label: 'preset for openai/gpt-4o' },
    { value: 'openai/gpt-4o', label: 'GPT-4O' },
    { value: 'lab/big', label: 'BIG' },
    { value: 'openai/quick', label: 'QUICK' },
  ]);
});
