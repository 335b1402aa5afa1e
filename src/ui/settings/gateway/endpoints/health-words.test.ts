import { test } from 'node:test';
import assert from 'node:assert/strict';
import { healthWords } from './health-words.ts';

const words = (state: Partial<Parameters<typeof healthWords>[0]>) =>
  healthWords({ breaker: 'closed', out: null, untilMs: null, requests: 3, ...state }).words;

test('an endpoint that is left out says why and for how long, and none is well that was not asked', () => {
  assert.deepEqual(
    [
      words({}),
      words({ requests: 0 }),
      words({ breaker: 'half-open' }),
      words({ breaker: 'open', out: 'failing', untilMs: 12_000 }),
      words({ out: 'rate-limited', untilMs: 90_000 }),
      words({ out: 'refused-key' }),
    ],
    [
      'well',
      'not asked lately',
      'being tried again',
      'left out, it fails; tried again in 12 s',
      'left out, it is limited; tried again in 1 min 30 s',
      'left out, its key is refused',
    ],
  );
});
