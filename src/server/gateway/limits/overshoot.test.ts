import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Admission, Budget } from '../v1/types.ts';
import { aCall, aCaller, noLimits, someOptions } from '../testing/limited-call.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { createAdmissions } from './admissions.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

/** By how much a budget may be overspent when providers bill more than any estimate said (docs/gateway.md, "Budgets"). */

const never = new AbortController().signal;

/** One budget in whole cents, and what is spent and held of it. */
function aBudget(limit: number) {
  const store = openLimitStore({ path: ':memory:', clock: new ManualClock() });
  const desk = createAdmissions({ store, settings: () => noLimits });
  const budget: Budget = { usd: limit / 100, period: 'total' };
  const book = async () => {
    const { usd, heldUsd } = await store.spent('key:k', 'total');
    return { spent: Math.round(usd * 1e6) / 1e4, held: Math.round(heldUsd * 1e6) / 1e4 };
  };
  const admit = (estimate: number) =>
    desk
      .admit(aCaller({ budget }), someOptions(), aCall(1, estimate / 100), never)
      .catch((error: unknown) => error as Error);
  const settle = (admission: Admission, actual: number) =>
    admission.settle({ costUsd: actual / 100, tokens: 1 });
  return { store, admit, settle, book };
}

interface Running {
  admission: Admission;
  held: number;
  actual: number;
}

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      estimate: fc.integer({ min: 1, max: 300 }),
      percent: fc.integer({ min: 0, max: 600 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat() }) },
);

test('whatever is billed: over the budget goes at most what the last call held, and what those that ran with it cost beyond what they held', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2_000 }),
      fc.array(step, { maxLength: 80 }),
      async (limit, steps) => {
        const { store, admit, settle, book } = aBudget(limit);
        const running: Running[] = [];
        let bound = limit;
        const end = async (which: number) => {
          const [call] = running.splice(which % running.length, 1);
          if (call) await settle(call.admission, call.actual);
        };
        for (const one of steps) {
          if (one.do === 'end') {
            if (running.length) await end(one.which);
          } else {
            const before = await book();
            const admission = await admit(one.estimate);
            const isFull = before.spent + before.held >= limit;
            assert.equal(admission instanceof Error, isFull, 'nothing passes once it is spent or held');
            if (admission instanceof Error) continue;
            const held = (await book()).held - before.held;
            const actual = Math.round((one.estimate * one.percent) / 100);
            running.push({ admission, held, actual });
            const beyond = running.reduce((sum, call) => sum + Math.max(0, call.actual - call.held), 0);
            bound = limit + held + beyond;
          }
          assert.ok((await book()).spent < bound + 0.01);
        }
        while (running.length) await end(0);
        const { spent, held } = await book();
        assert.ok(spent < bound + 0.01, `${spent} of ${limit}, at most ${bound}`);
        assert.equal(held, 0);
        store.close();
      },
    ),
    { numRuns: 150 },
  ));

test('a provider that always bills the same times too much is known after one call: then at most one goes over, however many run at once', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1_000, max: 20_000 }),
      fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }), { maxLength: 8 }),
      async (factor, limit, waves) => {
        const { store, admit, settle, book } = aBudget(limit);
        const first = await admit(1);
        assert.ok(!(first instanceof Error));
        await settle(first, factor);
        let dearest = factor;
        for (const wave of waves) {
          const admitted = await Promise.all(
            wave.map(async (cents) => ({ cents, call: await admit(cents) })),
          );
          for (const { cents, call } of admitted) {
            if (call instanceof Error) continue;
            dearest = Math.max(dearest, cents * factor);
            await settle(call, cents * factor);
          }
        }
        const { spent } = await book();
        assert.ok(spent < limit + dearest + 0.01, `${spent} of ${limit}, the dearest call ${dearest}`);
        store.close();
      },
    ),
    { numRuns: 100 },
  ));

test('what was learned of a model is bounded, holds for that model alone, and is forgotten when it bills as estimated', async () => {
  const { store, admit, settle, book } = aBudget(1e9);
  const heldFor = async (estimate: number) => {
    const admission = await admit(estimate);
    assert.ok(!(admission instanceof Error));
    const { held } = await book();
    return { held, settle: (actual: number) => settle(admission, actual) };
  };
  await (await heldFor(1)).settle(5);
  const raised = await heldFor(10);
  assert.equal(raised.held, 50);
  await raised.settle(10);
  const forgetting = await heldFor(10);
  assert.ok(forgetting.held > 45 && forgetting.held < 50, `${forgetting.held}`);
  await forgetting.settle(10);
  for (let count = 0; count < 300; count++) await (await heldFor(10)).settle(10);
  const usual = await heldFor(10);
  assert.equal(usual.held, 10);
  await usual.settle(1_000_000);
  const bounded = await heldFor(10);
  assert.equal(bounded.held, 1_000, 'a hundredfold at most');
  await bounded.settle(10);
  store.close();
});
