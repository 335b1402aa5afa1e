import { test } from 'node:test';
import assert from 'node:assert/strict';
import { requestCost } from './status-words.ts';

const usual = {
  status: 'settled' as const,
  costUsd: 0.5 as number | null,
  estimated: false,
  savedUsd: null as number | null,
  inputTokens: 10,
  outputTokens: 2,
};
const cost = (change: Partial<Parameters<typeof requestCost>[0]>) => requestCost({ ...usual, ...change });

test('what a request cost is never nothing where nobody knows, and "about" where we counted', () => {
  assert.deepEqual(
    [
      cost({}),
      cost({ estimated: true }),
      cost({ costUsd: null }),
      cost({ costUsd: null, status: 'failed', inputTokens: 0, outputTokens: 0 }),
      cost({ status: 'reserved', costUsd: null }),
      cost({ status: 'cached', costUsd: 0, savedUsd: 0.25 }),
      cost({ status: 'cached', costUsd: 0 }),
    ],
    ['$0.50', 'about $0.50', 'price unknown', '–', '–', '$0.00, saved $0.25', '$0.00'],
  );
});
