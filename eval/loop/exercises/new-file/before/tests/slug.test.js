import { test } from 'node:test';
import assert from 'node:assert/strict';
import { slugify } from '../src/index.js';

test('titles become addresses', () => {
  assert.equal(slugify('  Crème brûlée & more! '), 'creme-brulee-more');
  assert.equal(slugify('***'), '');
});
