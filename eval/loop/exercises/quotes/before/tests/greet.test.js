import { test } from 'node:test';
import assert from 'node:assert/strict';
import { greet } from '../src/greet.js';

test('quotes are typographic', () => {
  assert.equal(greet('Ada'), 'Hello, “Ada” — it’s good to see you…');
});
