import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Admission, Budget } from '../v1/types.ts';
import { aCall, aCaller, noLimits, someOptions } from '../testing/limited-call.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { createAdmissions } from './admissions.ts';
import type { LimitStore } from './limit-store.ts';
import type { LimitSettings } from './settings.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const never = new AbortController().signal;

/** One process after another on one file. */
class Processes {
  readonly #path: string;
  readonly #settings: LimitSettings;
  readonly stores: LimitStore[] = [];
  clock = new ManualClock();
  store!: LimitStore;

  constructor(path: string, settings: Partial<LimitSettings> = {}) {
    this.#path = path;
    this.#settings = { ...noLimits, ...settings };
    this.start();
  }

  start(): void {
    const clock = new ManualClock();
    clock.wallOffset = this.clock.wall();
    this.clock = clock;
    this.store = openLimitStore({ path: this.#path, clock });
    this.stores.push(this.store);
  }

  admit(budget: Budget | null, costUsd: number | null, keyId = 'k'): Promise<Admission> {
    const desk = createAdmissions({ store: this.store, clock: this.clock, settings: () => this.#settings });
    return desk.admit(aCaller({ keyId, budget }), someOptions(), aCall(1, costUsd), never);
  }

  /** The dead ones too: only now, so that nothing tidied up in between. */
  close(): void {
    for (const store of this.stores) store.close();
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-budgets-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Open {
  admission: Admission;
  estimate: number;
  actual: number;
}

/** In cents, so that the model's sums are exact. */
const cents = fc.integer({ min: 0, max: 300 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      estimate: cents,
      part: fc.integer({ min: 0, max: 100 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), known: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(90_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
);

test('a budget is overspent by at most one call, whatever runs at once and whenever the process is killed, and its book is right', () =>
  inFolder(async (folder) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(step, { maxLength: 60 }),
        async (limit, steps) => {
          const processes = new Processes(join(folder, `${run++}.db`));
          const budget: Budget = { usd: limit / 100, period: 'total' };
          const open: Open[] = [];
          let [charged, counted, largest] = [0, 0, 0];
          for (const one of steps) {
            if (one.do === 'wait') await processes.clock.advance(one.ms);
            else if (one.do === 'kill') {
              for (const call of open.splice(0))
                [charged, counted] = [charged + call.actual, counted + call.estimate];
              processes.start();
            } else if (one.do === 'end') {
              const [call] = open.splice(open.length ? one.which % open.length : 0, 1);
              if (!call) continue;
              charged += call.actual;
              counted += one.known ? call.actual : call.estimate;
              await call.admission.settle({ costUsd: one.known ? call.actual / 100 : null, tokens: 1 });
              await call.admission.settle({ costUsd: 100, tokens: 1 });
            } else {
              const held = open.reduce((sum, { estimate }) => sum + estimate, 0);
              const admission = await processes
                .admit(budget, one.estimate / 100)
                .catch((error: Error) => error);
              assert.equal(!(admission instanceof Error), counted + held < limit);
              if (admission instanceof Error) {
                assert.equal(
                  (admission as { code?: string }).code,
                  counted >= limit ? 'budget_exhausted' : 'rate_limited',
                );
                continue;
              }
              const actual = Math.floor((one.estimate * one.part) / 100);
              open.push({ admission, estimate: one.estimate, actual });
              largest = Math.max(largest, one.estimate);
            }
            assert.ok(charged <= limit + largest, `${charged} of ${limit}, the largest call ${largest}`);
            const book = await processes.store.spent('key:k', 'total');
            const held = open.reduce((sum, { estimate }) => sum + estimate, 0);
            assert.deepEqual([Math.round(book.usd * 100), Math.round(book.heldUsd * 100)], [counted, held]);
          }
          processes.close();
        },
      ),
      { numRuns: 60 },
    );
  }));

test('of fifty calls at once on what is left for one, one passes', () =>
  inFolder(async (folder) => {
    const processes = new Processes(join(folder, 'limits.db'));
    const budget: Budget = { usd: 1, period: 'month' };
    const calls = Array.from({ length: 50 }, () => processes.admit(budget, 5));
    const results = await Promise.allSettled(calls);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    processes.close();
  }));

test('a day and a month begin anew at midnight UTC, and a call counts in the one in which it began', () =>
  inFolder(async (folder) => {
    const processes = new Processes(join(folder, 'limits.db'));
    const day: Budget = { usd: 1, period: 'day' };
    const month: Budget = { usd: 1, period: 'month' };
    const early = await processes.admit(day, 1);
    await (await processes.admit(month, 1, 'm')).settle({ costUsd: 1, tokens: 1 });
    await processes.clock.advance(13 * 3_600_000);
    await early.settle({ costUsd: 2, tokens: 1 });
    await (await processes.admit(day, 1)).settle({ costUsd: 1, tokens: 1 });
    const spent = {
      code: 'budget_exhausted',
      status: 402,
      message: /\$1 of the key "Test" is spent for 2026-11-26/,
    };
    await assert.rejects(processes.admit(day, 1), spent);
    await assert.rejects(processes.admit(month, 1, 'm'), {
      message: /for 2026-11\. Raise it, or wait for the next month/,
    });
    await processes.clock.advance(6 * 86_400_000);
    await processes.admit(month, 1, 'm');
    processes.close();
  }));

test('what a user and the whole gateway may spend is held together with the budget of the key, or not at all', () =>
  inFolder(async (folder) => {
    const users = { '*': { budget: { usd: 2, period: 'total' as const } } };
    const processes = new Processes(join(folder, 'limits.db'), {
      users,
      budget: { usd: 9, period: 'total' },
    });
    await (await processes.admit(null, 2, 'a')).settle({ costUsd: 2, tokens: 1 });
    await assert.rejects(processes.admit({ usd: 5, period: 'total' }, 1, 'b'), {
      message: /of the user u is spent\. Raise it\./,
    });
    assert.deepEqual(await processes.store.spent('key:b', 'total'), { usd: 0, heldUsd: 0, unpricedCalls: 0 });
    assert.deepEqual(await processes.store.spent('all', 'total'), { usd: 2, heldUsd: 0, unpricedCalls: 0 });
    processes.close();
  }));

test('a model whose price nobody knows is refused under a budget, unless the budget allows it; then it is counted as a call', () =>
  inFolder(async (folder) => {
    const processes = new Processes(join(folder, 'limits.db'));
    const strict: Budget = { usd: 1, period: 'total' };
    await assert.rejects(processes.admit(strict, null), {
      code: 'budget_needs_price',
      message: /openai\/gpt-5/,
    });
    const call = await processes.admit({ ...strict, allowUnpriced: true }, null);
    await call.settle({ costUsd: null, tokens: 9 });
    const declared = await processes.admit({ ...strict, allowUnpriced: true }, null);
    await declared.settle({ costUsd: 0.25, tokens: 9 });
    assert.deepEqual(await processes.store.spent('key:k', 'total'), {
      usd: 0.25,
      heldUsd: 0,
      unpricedCalls: 1,
    });
    processes.close();
  }));

test('no reservation is left after a kill, nor 60 s after its owner stopped renewing it; a long call keeps its own', () =>
  inFolder(async (folder) => {
    const processes = new Processes(join(folder, 'limits.db'));
    const budget: Budget = { usd: 10, period: 'total' };
    const long = await processes.admit(budget, 3);
    await processes.clock.advance(10 * 60_000);
    assert.equal((await processes.store.spent('key:k', 'total')).heldUsd, 3);
    await long.settle({ costUsd: 1, tokens: 1 });
    const forgotten = await processes.admit(budget, 4);
    await processes.clock.advance(22 * 60_000);
    assert.deepEqual(await processes.store.spent('key:k', 'total'), { usd: 5, heldUsd: 0, unpricedCalls: 0 });
    await forgotten.settle({ costUsd: 1, tokens: 1 });
    assert.equal(
      (await processes.store.spent('key:k', 'total')).usd,
      2,
      'a late end corrects what was counted',
    );
    await processes.admit(budget, 2);
    processes.start();
    assert.deepEqual(await processes.store.spent('key:k', 'total'), { usd: 4, heldUsd: 0, unpricedCalls: 0 });
    processes.close();
  }));
