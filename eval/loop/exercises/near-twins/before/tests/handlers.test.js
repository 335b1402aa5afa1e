import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as handlers from '../src/handlers.js';

for (const [name, handler] of Object.entries(handlers))
  test(`${name} does not find an unknown account`, () => {
    assert.equal(handler({ id: '0', name: 'x' }).status, 404);
  });

test('a name changes', () => {
  assert.equal(handlers.changeName({ id: '1', name: 'Grace' }).body, 'Grace');
});
