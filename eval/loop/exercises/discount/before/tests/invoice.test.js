import { test } from 'node:test';
import assert from 'node:assert/strict';
import { applyDiscount, subtotal, withTax } from '../src/invoice.js';

test('a discount is a percentage', () => {
  assert.equal(applyDiscount(20_000, 25), 15_000);
  assert.equal(applyDiscount(999, 100), 0);
});

test('sums and taxes', () => {
  assert.equal(
    subtotal([
      { quantity: 3, unitPrice: 250 },
      { quantity: 1, unitPrice: 1 },
    ]),
    751,
  );
  assert.equal(withTax(1_000, 0.19), 1_190);
});
