import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { ContextParts } from '#protocol/context.ts';
import { contextRows, shareText } from './context-rows.ts';

const parts = {
  system: 1_000,
  tools: 2_000,
  instructions: 0,
  files: 5_000,
  toolOutput: 0,
  talk: 1_990,
  reasoning: 10,
};
const context: ContextParts = {
  model: 'red/one',
  tokens: 10_000,
  parts,
  contextWindow: 100_000,
  answerTokens: 8_000,
  estimated: true,
  shortenedResults: 0,
  repeatedReads: 0,
};

test('the rows of the context are those that hold something, and together the whole window', () => {
  const rows = contextRows(context);
  assert.deepEqual(
    rows.map(({ label, tokens }) => `${label} ${tokens}`),
    [
      'Messages 1990',
      'Files 5000',
      'Reasoning 10',
      'Descriptions of the tools 2000',
      'System prompt 1000',
      'Kept for the answer 8000',
      'Free 82000',
    ],
  );
  assert.equal(rows.reduce((sum, { share }) => sum + share, 0).toFixed(6), '1.000000');
});

test('without a known window the shares are of what is used; a conversation that is too long has nothing free', () => {
  const open = contextRows({ ...context, contextWindow: null, answerTokens: null });
  assert.equal(open.length, 5);
  assert.equal(open[1]?.share, 0.5);
  const full = contextRows({ ...context, contextWindow: 9_000 });
  assert.deepEqual(full.at(-1)?.label, 'System prompt');
  assert.deepEqual([shareText(0.0001), shareText(0), shareText(0.345)], ['< 1 %', '0 %', '35 %']);
});
