import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { GatewayConfig } from '#protocol/gateway-config.ts';
import { limitRows, withKeys, withLimit, withModel, type LimitRow } from './config-changes.ts';

const empty: GatewayConfig = {
  strategy: 'order',
  keys: {},
  models: {},
  breaker: { errorRatio: 0.5, minRequests: 5, windowSeconds: 60, openSeconds: 15, probes: 1 },
  limits: { users: {}, endUsers: null, providers: {}, budget: null, storeFailure: 'closed' },
  cache: { maxBytes: 1_000, maxEntries: 10 },
};
const budget = { usd: 5, period: 'month' as const };
const rows: LimitRow[] = [
  { target: 'all', limits: {}, budget },
  { target: 'user:*', limits: { concurrency: 2 }, budget },
  { target: 'end-users', limits: { requestsPerMinute: 3 }, budget: null },
  { target: 'provider:openai', limits: { tokensPerMinute: 1_000 }, budget: null },
];

test('each limit is found again where it was set, and nothing is left of one that is emptied', () => {
  const full = rows.reduce(withLimit, empty);
  assert.deepEqual(limitRows(full), rows);
  const emptied = rows.map((row) => ({ ...row, limits: {}, budget: null })).reduce(withLimit, full);
  assert.deepEqual(emptied, empty);
});

test('a model keeps its place when it is changed or renamed, and takes that of none that it replaces', () => {
  const model = (name: string) => ({ endpoints: [{ provider: 'openai', model: name, weight: 1 }] });
  const add = (config: GatewayConfig, name: string) => withModel(config, null, { name, model: model(name) });
  const three = ['one', 'two', 'three'].reduce(add, empty);
  const names = (config: GatewayConfig) => Object.keys(config.models);
  assert.deepEqual(names(three), ['one', 'two', 'three']);
  const renamed = withModel(three, 'two', { name: 'fast', model: model('x') });
  assert.deepEqual(names(renamed), ['one', 'fast', 'three']);
  assert.equal(renamed.models.fast?.endpoints[0]?.model, 'x');
  assert.deepEqual(names(withModel(three, 'two', { name: 'one', model: model('y') })), ['one', 'three']);
  assert.deepEqual(names(withModel(three, 'two', null)), ['one', 'three']);
});

test('keys of a provider replace those before, and none go back to its own variable', () => {
  const one = withKeys(empty, 'openai', [{ key: 'OPENAI_API_KEY_2', weight: 2 }]);
  assert.deepEqual(one.keys, { openai: [{ key: 'OPENAI_API_KEY_2', weight: 2 }] });
  assert.deepEqual(withKeys(one, 'openai', []), empty);
});
