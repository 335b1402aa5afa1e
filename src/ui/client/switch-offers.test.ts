import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '#protocol/model.ts';
import { switchOffers, type Failed } from './switch-offers.ts';
import { model } from './testing/model.ts';

const none = { favourites: [], recents: [] };
const models: Model[] = [
  model('red', 'one'),
  model('red', 'two'),
  model('blue', 'away', { available: false }),
  model('blue', 'mute', {
    capabilities: { tools: false, images: false, reasoning: false, temperature: true },
  }),
  model('blue', 'best', { cost: { input: 5, output: 25 } }),
  model('green', 'wide', { contextWindow: 1_000_000, cost: { input: 2, output: 8 } }),
  model('green', 'wider', { contextWindow: 2_000_000, cost: { input: null, output: null } }),
  model('demo', 'script'),
];
const failed: Failed = { current: 'red/one', previous: null, contextTokens: 1_000, tooLong: false };

test('a failure offers the best usable model of another provider, and the one that was used before', () => {
  assert.deepEqual(switchOffers(models, none, failed), ['blue/best']);
  assert.deepEqual(switchOffers(models, none, { ...failed, previous: 'red/two' }), ['blue/best', 'red/two']);
  assert.deepEqual(switchOffers(models, none, { ...failed, previous: 'blue/best' }), ['blue/best']);
  assert.deepEqual(switchOffers(models, none, { ...failed, previous: 'blue/away' }), ['blue/best']);
});

test("a person's own models stand before the list's order", () => {
  const own = { favourites: ['red/two', 'green/wide'], recents: ['blue/best'] };
  assert.deepEqual(switchOffers(models, own, failed), ['green/wide']);
});

test('a conversation that is too long is offered the cheapest model that has room, of any provider', () => {
  const long = { ...failed, contextTokens: 500_000, tooLong: true };
  assert.deepEqual(switchOffers(models, none, long), ['green/wide']);
  assert.deepEqual(switchOffers(models, none, { ...long, contextTokens: 5_000_000 }), []);
});

test('the scripted demo never takes over from a model, nor a model from the demo', () => {
  assert.deepEqual(switchOffers([model('demo', 'script')], none, failed), []);
  assert.deepEqual(switchOffers(models, none, { ...failed, current: 'demo/other' }), []);
});
