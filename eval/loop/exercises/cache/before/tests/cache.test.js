import { test } from 'node:test';
import assert from 'node:assert/strict';
import { RecentCache } from '../src/cache.js';

test('what is read stays', () => {
  const cache = new RecentCache(2);
  cache.set('a', 1);
  cache.set('b', undefined);
  cache.get('a');
  cache.set('c', 3);
  assert.equal(cache.get('a'), 1);
  cache.set('a', 4);
  cache.set('d', 5);
  assert.equal(cache.get('a'), 4);
  assert.equal(cache.get('c'), undefined);
});
