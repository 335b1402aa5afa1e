import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeWords, costWords, keptWords } from './receipt-words.ts';

test('a receipt says what goes over, and nothing about what there is none of', () => {
  assert.equal(keptWords({ kept: { messages: 1, toolCalls: 0, images: 2 } }), '1 message, 2 images');
  assert.equal(keptWords({ kept: { messages: 0, toolCalls: 0, images: 0 } }), 'nothing yet');
});

test('everything that is converted or dropped is named', () => {
  const converted = [{ what: 'tool-call ids', count: 4, why: '' }];
  const dropped = [{ what: 'reasoning blocks', count: 3, why: '' }];
  assert.equal(changeWords({ converted, dropped }), '4 tool-call ids converted, 3 reasoning blocks dropped');
  assert.equal(changeWords({ converted: [], dropped: [] }), '');
});

test('an unknown price is not a price of nothing', () => {
  assert.equal(costWords(undefined), null);
  assert.equal(costWords(0), 'free');
  assert.equal(costWords(0.19), 'about $0.19');
});
