import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '#protocol/model.ts';
import { searchModels } from './model-search.ts';

function model(provider: string, name: string, more: Partial<Model> = {}): Model {
  return {
    name: `${provider}/${name}`,
    provider,
    model: name,
    label: name.toUpperCase(),
    cost: { input: 1, output: 2 },
    contextWindow: 100_000,
    maxOutput: 8_000,
    capabilities: { tools: true, images: false, reasoning: false, temperature: true },
    status: 'active',
    available: true,
    wire: 'openai-chat',
    source: 'test',
    asOf: '2026-01-01',
    ...more,
  };
}

const models = [
  model('far', 'alpha', { available: false, unavailableReason: 'FAR_API_KEY is not set.' }),
  model('near', 'beta', { cost: { input: 5, output: 25 } }),
  model('near', 'gamma', {
    cost: { input: null, output: null },
    capabilities: { tools: true, images: true, reasoning: true, temperature: true },
  }),
  model('near', 'delta', { cost: { input: 0, output: 0 }, status: 'retired' }),
];
const ids = (query: string, speeds = {}) =>
  searchModels(models, query, speeds).flatMap((group) => group.models.map(({ model }) => model));

test('without a query, providers that can be used come first', () => {
  assert.deepEqual(
    searchModels(models, '', {}).map(({ provider }) => provider),
    ['near', 'far'],
  );
});

test('every word must match name, provider or capability', () => {
  assert.deepEqual(ids('near vision'), ['gamma']);
  assert.deepEqual(ids('BET'), ['beta']);
  assert.deepEqual(ids('free'), ['delta']);
  assert.deepEqual(ids('near nothing'), []);
});

test('"cheap" sorts by price, unknown prices and what cannot be used last', () => {
  assert.deepEqual(ids('cheap'), ['beta', 'gamma', 'delta', 'alpha']);
});

test('"fast" sorts by what was measured', () => {
  assert.deepEqual(ids('near fast', { 'near/gamma': 90, 'near/beta': 20 }), ['gamma', 'beta', 'delta']);
});
