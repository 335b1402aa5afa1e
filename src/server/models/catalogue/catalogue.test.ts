import assert from 'node:assert/strict';
import { test } from 'node:test';
import { key, presets } from '../presets.ts';
import { catalogue } from './index.ts';

const byKey = new Map(catalogue.map((facts) => [key(facts), facts]));

test('every row is there once, with a source, a date and a human label', () => {
  assert.equal(byKey.size, catalogue.length);
  for (const { provider, model, label, source, asOf } of catalogue) {
    assert.match(asOf, /^2026-\d\d-\d\d$/, `${provider}/${model}`);
    assert.ok(source !== '' && label !== '' && !label.includes('/'), `${provider}/${model}`);
  }
});

test('no price is 0 by accident: only the demo and the output of embeddings cost nothing', () => {
  for (const { provider, model, cost, embedding } of catalogue) {
    const free = [cost.input, embedding ? 1 : cost.output, cost.cacheRead, cost.cacheWrite].includes(0);
    assert.equal(free, provider === 'demo', `${provider}/${model}`);
  }
});

test('long context has tiers that cost more, in ascending order', () => {
  const tiered = catalogue.filter(({ cost }) => cost.tiers);
  assert.deepEqual(tiered.map(({ model }) => model).sort(), ['gpt-5.4', 'gpt-5.5', 'gpt-6.1-sol']);
  for (const { cost, model } of tiered) {
    const tier = cost.tiers?.[0];
    assert.equal(tier?.above, 272_000);
    assert.equal(tier?.input, (cost.input ?? 0) * 2, model);
    assert.equal(tier?.output, (cost.output ?? 0) * 1.5, model);
  }
});

test('second-hand figures are marked, and only those', () => {
  for (const { approximate, source, model } of catalogue)
    assert.equal(approximate ?? false, source === 'announcements', model);
});

test('whatever is gone, or has a date to go, names a successor that stays', () => {
  for (const facts of catalogue.filter(({ retired, retiresOn }) => retired || retiresOn)) {
    const successor = byKey.get(facts.successor ?? '');
    assert.ok(successor, `${facts.model} names ${facts.successor}`);
    assert.ok(!successor.retired && !successor.retiresOn, `${facts.model} names ${facts.successor}`);
  }
});

test('all thirteen presets have facts', () => {
  assert.equal(Object.keys(presets).length, 13);
  for (const [name, config] of Object.entries(presets)) assert.ok(byKey.has(key(config)), name);
});

test('models that think at OpenAI take the Responses wire and no temperature; the others take chat', () => {
  for (const { model, wire, capabilities } of catalogue.filter(({ provider }) => provider === 'openai')) {
    assert.equal(wire === 'openai-responses', capabilities.reasoning, model);
    if (capabilities.reasoning) assert.equal(capabilities.temperature, false, model);
  }
});
