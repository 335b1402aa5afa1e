import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsWindow, searchModels } from './model-search.ts';
import { model } from './testing/model.ts';

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

test('the free demo does not win against a real model', () => {
  const demo = model('demo', 'script', { cost: { input: 0, output: 0 } });
  const [group] = searchModels([demo, ...models], 'cheap', {});
  assert.deepEqual(
    group?.models.map(({ model }) => model),
    ['beta', 'gamma', 'script', 'delta', 'alpha'],
  );
});

test('"fast" sorts by what was measured', () => {
  assert.deepEqual(ids('near fast', { 'near/gamma': 90, 'near/beta': 20 }), ['gamma', 'beta', 'delta']);
});

test("a person's own models come first, each model is listed once, and unknown ones are left out", () => {
  const own = { favourites: ['near/gamma', 'gone/away'], recents: ['near/gamma', 'far/alpha'] };
  const groups = searchModels(models, '', {}, own).map((group) => [
    group.title ?? group.provider,
    ...group.models.map(({ model }) => model),
  ]);
  assert.deepEqual(groups, [
    ['Favourites', 'gamma'],
    ['Recent', 'alpha'],
    ['near', 'beta', 'delta'],
  ]);
  assert.deepEqual(
    searchModels(models, 'beta', {}, own).map(({ provider }) => provider),
    ['near'],
  );
  assert.equal(searchModels(models, 'cheap', {}, own).length, 1);
});

test('a conversation fits when there is room for the answer too', () => {
  const small = model('near', 'small', { contextWindow: 10_000, maxOutput: 4_000 });
  assert.ok(fitsWindow(small, 6_000));
  assert.ok(!fitsWindow(small, 6_001));
  assert.ok(fitsWindow(small, null));
  assert.ok(fitsWindow(model('near', 'odd', { contextWindow: null }), 5_000_000));
});
