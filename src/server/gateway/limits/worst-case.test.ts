import assert from 'node:assert/strict';
import { test } from 'node:test';
import { target } from '../testing/workbench.ts';
import { worstCase } from './worst-case.ts';

const outputOf = (maxOutput: number | null, asked: number | null) =>
  worstCase(target('openai:gpt-4o', { maxOutput }), () => 100, asked).estimate.tokens - 100;

test("the longest answer is what the request asks for, else the model's own limit, which holds in any case", () => {
  assert.equal(outputOf(32_000, 500), 500);
  assert.equal(outputOf(32_000, null), 32_000);
  assert.equal(outputOf(32_000, 64_000), 32_000);
  assert.equal(outputOf(null, 64_000), 64_000);
  assert.equal(outputOf(null, null), 4_096);
  assert.equal(outputOf(32_000, 0), 0, 'vectors have no words');
});

test('the cost is that of the costliest model to which a call may move on, each with its own longest answer', () => {
  const cheap = target('openai:gpt-4o', { maxOutput: 1_000 });
  const dear = target('anthropic:claude-sonnet-4-5', {
    maxOutput: 2_000,
    cost: { input: 20, output: 100 },
  });
  const unknown = target('groq:some', { cost: { input: null, output: null } });
  const costOf = (first: typeof cheap, ...others: (typeof cheap)[]) =>
    worstCase(
      first,
      () => 100,
      null,
      () => others,
    ).estimate.costUsd;
  assert.equal(costOf(cheap), (100 * 2 + 1_000 * 10) / 1e6);
  assert.equal(costOf(cheap, cheap, dear), (100 * 20 + 2_000 * 100) / 1e6);
  assert.equal(costOf(dear, cheap), costOf(dear));
  assert.equal(costOf(cheap, unknown), costOf(cheap), 'an unknown price raises nothing');
  assert.equal(costOf(unknown, dear), null, 'and where a call begins it is unknown, never zero');
});

test('nothing is counted before a limit asks, and once only', () => {
  let counted = 0;
  const call = worstCase(target('openai:gpt-4o'), () => (counted += 1), 1);
  assert.equal(counted, 0);
  void [call.estimate, call.estimate];
  assert.equal(counted, 1);
});
