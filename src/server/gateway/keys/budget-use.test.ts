import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyBudget } from '#protocol/keys.ts';
import { keySubject } from '../limits/budget-lines.ts';
import type { LimitStore } from '../limits/limit-store.ts';
import { openLimitStore } from '../limits/sqlite-limit-store.ts';
import { readBudgetUse } from './budget-use.ts';

const subject = keySubject({ keyId: 'k' });

async function withLimits(work: (limits: LimitStore) => Promise<void>): Promise<void> {
  const limits = openLimitStore({ path: ':memory:' });
  try {
    await work(limits);
  } finally {
    limits.close();
  }
}

/** A call of so much that began in this period. */
async function reserve(limits: LimitStore, period: string, usd: number) {
  const verdict = await limits.reserve([{ subject, period, usd: 100 }], usd);
  assert.ok(verdict.allowed);
  return verdict.reservation;
}

const use = (limits: LimitStore, period: KeyBudget['period'], at: string) =>
  readBudgetUse(limits, { warn: () => undefined }, () => Date.parse(at))('k', { usd: 100, period });

test('what is spent and held in the period that runs is told with the moment at which it counts anew', () =>
  withLimits(async (limits) => {
    await limits.settle(await reserve(limits, '2027-12', 3), 2.5, false);
    await limits.settle(await reserve(limits, '2027-12', 0), null, true);
    await reserve(limits, '2027-12', 4);
    await limits.settle(await reserve(limits, '2028-02-29', 1), 1, false);
    await limits.settle(await reserve(limits, 'total', 7), 7, false);
    assert.deepEqual(await use(limits, 'month', '2027-12-31T23:59:59.999Z'), {
      spentUsd: 2.5,
      heldUsd: 4,
      unpricedCalls: 1,
      resetsAt: '2028-01-01T00:00:00.000Z',
    });
    const empty = { spentUsd: 0, heldUsd: 0, unpricedCalls: 0 };
    assert.deepEqual(await use(limits, 'month', '2028-01-01T00:00:00Z'), {
      ...empty,
      resetsAt: '2028-02-01T00:00:00.000Z',
    });
    assert.deepEqual(await use(limits, 'day', '2028-02-29T12:00:00Z'), {
      ...empty,
      spentUsd: 1,
      resetsAt: '2028-03-01T00:00:00.000Z',
    });
    assert.deepEqual(await use(limits, 'total', '2030-01-01T00:00:00Z'), {
      ...empty,
      spentUsd: 7,
      resetsAt: null,
    });
  }));

test('a store of limits that fails hides what was spent, and says so in the log', async () => {
  const logged: string[] = [];
  const failing = { spent: () => Promise.reject(new Error('disk')) };
  const read = readBudgetUse(failing, { warn: (_details, message) => void logged.push(message) });
  assert.equal(await read('k', { usd: 1, period: 'day' }), null);
  assert.deepEqual(logged, ['what was spent of a budget could not be read']);
});
