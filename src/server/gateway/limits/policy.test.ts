import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CrosspointError } from '#protocol/errors.ts';
import { aCall, aCaller, noLimits, someOptions } from '../testing/limited-call.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { readPolicy } from '../v1/rate-limit-policy.ts';
import { createAdmissions } from './admissions.ts';
import { refusalHeaders } from './refusal.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const never = new AbortController().signal;

/** A desk that can be restarted on its file. */
function restartable(path: string) {
  const clock = new ManualClock();
  const open = () => {
    const store = openLimitStore({ path, clock });
    return { store, desk: createAdmissions({ store, clock, settings: () => noLimits }) };
  };
  let current = open();
  return {
    clock,
    ask: (policy: string, change: Parameters<typeof someOptions>[0] = {}, costUsd: number | null = 0) =>
      current.desk.admit(
        aCaller(),
        someOptions({ rateLimit: readPolicy(policy), ...change }),
        aCall(0, costUsd),
        never,
      ),
    restart: () => {
      current.store.close();
      current = open();
    },
    close: () => current.store.close(),
  };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'crosspoint-limits-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The documented bucket in exact fractions: tokens times the window's milliseconds. */
class DocumentedBucket {
  level: bigint;
  text: string;
  quota: bigint;
  windowMs: bigint;
  at = 0;

  constructor(quota: number, seconds: number, now: number) {
    this.quota = BigInt(quota);
    this.windowMs = BigInt(seconds) * 1_000n;
    this.level = this.quota * this.windowMs;
    this.text = `${quota};w=${seconds}`;
    this.at = now;
  }

  take(quota: number, seconds: number, now: number): boolean {
    const text = `${quota};w=${seconds}`;
    if (text === this.text) {
      this.level += BigInt(now - this.at) * this.quota;
    } else {
      const windowMs = BigInt(seconds) * 1_000n;
      this.level = (this.level * windowMs) / this.windowMs;
      [this.text, this.quota, this.windowMs] = [text, BigInt(quota), windowMs];
    }
    const full = this.quota * this.windowMs;
    if (this.level > full) this.level = full;
    this.at = now;
    const allowed = this.level >= this.windowMs;
    if (allowed) this.level -= this.windowMs;
    return allowed;
  }

  headers(): (string | undefined)[] {
    const reset =
      (this.quota * this.windowMs - this.level + this.quota * 1_000n - 1n) / (this.quota * 1_000n);
    return [
      String(this.quota),
      String(this.level / this.windowMs),
      reset > 0n ? String(reset) : undefined,
      this.text,
    ];
  }
}

function numbers(headers: Record<string, string>): (string | undefined)[] {
  return ['Limit', 'Remaining', 'Reset', 'Policy'].map((name) => headers[`Helicone-RateLimit-${name}`]);
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), policy: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

test('a policy in requests is the documented token bucket to the millisecond, also when the policy changes and after restarts', () =>
  inFolder(async (folder) => {
    let run = 0;
    const policies = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(60, 64, 128, 3_600));
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(policies, policies),
        fc.array(step, { maxLength: 40 }),
        async (kinds, steps) => {
          const gateway = restartable(join(folder, `${run++}.db`));
          let model: DocumentedBucket | null = null;
          for (const one of steps) {
            if (one.do === 'restart') gateway.restart();
            else if (one.do === 'wait') await gateway.clock.advance(one.ms);
            else {
              const [quota, seconds] = kinds[one.policy] ?? kinds[0];
              const now = gateway.clock.steady();
              model ??= new DocumentedBucket(quota, seconds, now);
              const expected = model.take(quota, seconds, now);
              const asked = await gateway.ask(`${quota};w=${seconds}`).then(
                ({ headers }) => ({ allowed: true, headers }),
                (error: CrosspointError) => ({ allowed: false, headers: refusalHeaders(error) }),
              );
              assert.equal(asked.allowed, expected);
              assert.deepEqual(numbers(asked.headers), model.headers());
            }
          }
          gateway.close();
        },
      ),
      { numRuns: 60 },
    );
  }));

test('a refusal says when: after Retry-After seconds the next request passes, a second earlier it does not', () =>
  inFolder(async (folder) => {
    let run = 0;
    const quotas = fc.integer({ min: 1, max: 500 });
    await fc.assert(
      fc.asyncProperty(
        quotas,
        fc.integer({ min: 60, max: 100_000 }),
        fc.nat(5_000),
        async (quota, window, ms) => {
          const gateway = restartable(join(folder, `retry-${run++}.db`));
          const policy = `${quota};w=${window}`;
          for (let asked = 0; asked < quota; asked++) await gateway.ask(policy);
          await gateway.clock.advance(Math.min(ms, Math.ceil((window * 1_000) / quota) - 1));
          const error = await gateway.ask(policy).catch((cause: unknown) => cause);
          assert.ok(error instanceof CrosspointError && error.status === 429);
          const seconds = Number(refusalHeaders(error)['Retry-After']);
          await gateway.clock.advance((seconds - 1) * 1_000);
          if (seconds > 1) await assert.rejects(gateway.ask(policy));
          await gateway.clock.advance(1_000);
          await gateway.ask(policy);
          gateway.close();
        },
      ),
      { numRuns: 15 },
    );
  }));

test('cents are only looked at before a call and taken after it, below zero too; then calls wait until there are some again', () =>
  inFolder(async (folder) => {
    const gateway = restartable(join(folder, 'cents.db'));
    const policy = '10;w=100;u=cents';
    const [first, second] = [await gateway.ask(policy), await gateway.ask(policy)];
    await first.settle({ costUsd: 0.08, tokens: 1 });
    await second.settle({ costUsd: 0.07, tokens: 1 });
    gateway.restart();
    const error = await gateway.ask(policy).catch((cause: unknown) => cause);
    assert.ok(error instanceof CrosspointError);
    const headers = refusalHeaders(error);
    assert.deepEqual(numbers(headers), ['10', '0', '150', policy]);
    assert.equal(
      headers['Retry-After'],
      '51',
      'five cents are missing, ten come in 100 s, and none are not enough',
    );
    await gateway.clock.advance(50_000);
    await assert.rejects(gateway.ask(policy));
    await gateway.clock.advance(1_000);
    await (await gateway.ask(policy)).settle({ costUsd: 0, tokens: 1 });
    await gateway.ask(policy);
    gateway.close();
  }));

test('a price that nobody knows takes no cents, and the answer says so', () =>
  inFolder(async (folder) => {
    const gateway = restartable(join(folder, 'unpriced.db'));
    const { headers, settle } = await gateway.ask('1;w=60;u=cents', {}, null);
    assert.equal(headers['Crosspoint-RateLimit-Unpriced'], 'openai/gpt-5');
    await settle({ costUsd: null, tokens: 5 });
    const again = await gateway.ask('1;w=60;u=cents', {}, 1);
    assert.equal(again.headers['Helicone-RateLimit-Remaining'], '1');
    await again.settle({ costUsd: null, tokens: 5 });
    await assert.rejects(
      gateway.ask('1;w=60;u=cents'),
      /rate limit/,
      'what was estimated counts for what is unknown',
    );
    gateway.close();
  }));

test('each user and each value of a property has a bucket of its own, and a request that names none is told so', () =>
  inFolder(async (folder) => {
    const gateway = restartable(join(folder, 'segments.db'));
    await gateway.ask('1;w=60;s=user', { endUser: 'a' });
    await gateway.ask('1;w=60;s=user', { endUser: 'b' });
    await assert.rejects(gateway.ask('1;w=60;s=user', { endUser: 'a' }), { code: 'rate_limited' });
    await gateway.ask('1;w=60;s=team', { properties: { team: 'a' } });
    await assert.rejects(gateway.ask('1;w=60;s=team', { properties: { team: 'a' } }), {
      code: 'rate_limited',
    });
    await gateway.ask('1;w=60');
    await gateway.ask('1;w=60;u=cents');
    const missing = { code: 'missing_segment', status: 400 };
    await assert.rejects(gateway.ask('1;w=60;s=user'), { ...missing, message: /Helicone-User-Id/ });
    await assert.rejects(gateway.ask('1;w=60;s=team', { properties: { team: ' ' } }), {
      ...missing,
      message: /Helicone-Property-team/,
    });
    await assert.rejects(gateway.ask('1;w=60;s=constructor'), missing);
    gateway.close();
  }));
