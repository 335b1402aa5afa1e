import { test } from 'node:test';
import assert from 'node:assert/strict';
import { modelFor, snippetsOf } from './snippets.ts';

const models = [
  { provider: 'openai', model: 'gpt-4.1', available: false },
  { provider: 'openai', model: 'gpt-5', available: true },
];

test('what is pasted names a model that the key may use', () => {
  assert.equal(modelFor(null, models, 'anthropic/opus'), 'anthropic/opus');
  assert.equal(modelFor(['anthropic/*'], models, 'anthropic/opus'), 'anthropic/opus');
  assert.equal(modelFor(['openai/*'], models, 'anthropic/opus'), 'openai/gpt-5');
  assert.equal(modelFor(['groq/*', 'groq/one'], models, 'anthropic/opus'), 'groq/one');
});

test('each snippet has the address and the key, and its JSON is JSON', () => {
  const snippets = snippetsOf('http://localhost:3210', 'cp-secret', "ollama/it's:1b");
  for (const { code } of snippets)
    assert.ok(code.includes('http://localhost:3210') && code.includes('cp-secret'), code);
  const byId = new Map(snippets.map(({ id, code }) => [id, code]));
  assert.ok(byId.get('curl')?.includes(`"ollama/it'\\''s:1b"`), 'a quote does not end the shell word');
  const opencode = JSON.parse(byId.get('opencode') ?? '') as { provider: { crosspoint: object } };
  assert.deepEqual(opencode.provider.crosspoint, {
    npm: '@ai-sdk/openai-compatible',
    name: 'Crosspoint',
    options: { baseURL: 'http://localhost:3210/v1', apiKey: 'cp-secret' },
    models: { "ollama/it's:1b": { name: "ollama/it's:1b" } },
  });
});
