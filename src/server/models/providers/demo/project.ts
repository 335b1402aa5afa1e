/** The first message of the demo, for a person who only wants to see it work. */
export const demoTask = 'The test of this project fails. Find the bug, fix it, and run the test.';

export const sourcePath = 'src/cart.js';
export const testPath = 'test/cart.test.js';
export const testCommand = 'node --test';
/** The bug, and what mends it. */
export const faulty = 'quantity > 10';
export const mended = 'quantity >= 10';

/** The sample project: a shopping cart with one bug that its test shows. Plain JavaScript, nothing to install. */
export function demoProject(): Record<string, string> {
  return { ...files };
}

const files: Record<string, string> = {
  'README.md': `# Cart

Adds up a shopping cart. Prices are in cents. Whoever buys ten pieces or more of one article gets a tenth off for it.

    node --test
`,
  'AGENTS.md': `Run the tests with \`node --test\` after each change.
Money is whole cents: round each line, never the sum.
`,
  'package.json': `{
  "name": "cart",
  "private": true,
  "type": "module",
  "scripts": { "test": "${testCommand}" }
}
`,
  [sourcePath]: `/** The sum of a cart in cents. */
export function total(items) {
  return items.reduce((sum, item) => sum + linePrice(item), 0);
}

/** Ten pieces or more of one article are a tenth cheaper. */
function linePrice({ cents, quantity }) {
  const price = cents * quantity;
  return ${faulty} ? Math.round(price * 0.9) : price;
}
`,
  [testPath]: `import { test } from 'node:test';
import assert from 'node:assert/strict';
import { total } from '../src/cart.js';

test('an empty cart costs nothing', () => {
  assert.equal(total([]), 0);
});

test('nine pieces have the full price', () => {
  assert.equal(total([{ cents: 250, quantity: 9 }]), 2250);
});

test('ten pieces are a tenth cheaper', () => {
  assert.equal(total([{ cents: 250, quantity: 10 }]), 2250);
});
`,
};
