import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CrosspointError } from '#protocol/errors.ts';
import type { Admission, Caller, Limits } from '../v1/types.ts';
import { aCall, aCaller, noLimits, someOptions } from '../testing/limited-call.ts';
import { ManualClock, settled } from '../testing/manual-clock.ts';
import { readPolicy } from '../v1/rate-limit-policy.ts';
import { createAdmissions } from './admissions.ts';
import { isLimitOfProvider, refusalHeaders } from './refusal.ts';
import type { LimitSettings } from './settings.ts';
import { openLimitStore } from './sqlite-limit-store.ts';

const never = new AbortController().signal;

function aDesk(settings: Partial<LimitSettings> = {}) {
  const clock = new ManualClock();
  const store = openLimitStore({ path: ':memory:', clock });
  const desk = createAdmissions({ store, clock, settings: () => ({ ...noLimits, ...settings }) });
  const admit = (caller: Partial<Caller> = {}, tokens = 0, signal = never, options = someOptions()) =>
    desk.admit(aCaller(caller), options, aCall(tokens), signal);
  const admitProvider = (call = aCall()) => desk.admitProvider(aCaller(), call, never);
  return { clock, store, admit, admitProvider };
}

/** What became of a call, once nothing more happens without time. */
function watch(call: Promise<Admission>) {
  const watched: { admission?: Admission; error?: CrosspointError } = {};
  call.then(
    (admission) => (watched.admission = admission),
    (error) => (watched.error = error),
  );
  return watched;
}

const used = (tokens = 0) => ({ costUsd: 0, tokens });
const wait = (ms: number) => ({
  what: 'The provider groq may use 60 tokens a minute.',
  retryAfterMs: ms,
  seconds: Math.ceil(ms / 1_000),
});

test('requests of a minute: the quota passes at once, the next one when there is one again, as Retry-After says', async () => {
  const { clock, admit } = aDesk();
  const limits: Limits = { requestsPerMinute: 3 };
  for (let n = 0; n < 3; n++) await (await admit({ limits })).settle(used());
  const error = (await admit({ limits }).catch((cause: unknown) => cause)) as CrosspointError;
  assert.equal(error.status, 429);
  assert.equal(error.message, 'The key "Test" may make 3 requests a minute. Try again in 20 s.');
  assert.equal(refusalHeaders(error)['Retry-After'], '20');
  await clock.advance(19_999);
  await assert.rejects(admit({ limits }));
  await clock.advance(1);
  await admit({ limits });
});

test('tokens of a minute: the worst case is held, what was not used comes back, what was used beyond it is owed', async () => {
  const { clock, admit } = aDesk();
  const limits: Limits = { tokensPerMinute: 600 };
  const first = await admit({ limits }, 500);
  await assert.rejects(admit({ limits }, 200), { code: 'rate_limited' });
  await first.settle(used(100));
  const second = await admit({ limits }, 500);
  await second.settle(used(1_100));
  const error = (await admit({ limits }, 100).catch((cause: unknown) => cause)) as CrosspointError;
  assert.equal(refusalHeaders(error)['Retry-After'], '70', '600 are owed and 100 asked for, at ten a second');
  await clock.advance(70_000);
  await admit({ limits }, 100);
  await clock.advance(120_000);
  const large = await admit({ limits }, 5_000);
  assert.ok(large, 'a call that is larger than the limit passes when nothing was used');
});

test('one who waits is let in when another call ends, in the order of coming, and the keys of one provider take turns', async () => {
  const { admit } = aDesk({ providers: { openai: { concurrency: 1, queueMs: 60_000 } } });
  const running = await admit({ keyId: 'a' });
  const order: string[] = [];
  const ask = (keyId: string, name: string) =>
    void admit({ keyId }).then(async (admission) => {
      order.push(name);
      await settled();
      await admission.settle(used());
    });
  for (const [keyId, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['a', 'a3'],
    ['b', 'b1'],
    ['b', 'b2'],
    ['c', 'c1'],
  ] as const) {
    ask(keyId, name);
    await settled();
  }
  assert.deepEqual(order, []);
  await running.settle(used());
  for (let n = 0; n < 30; n++) await settled();
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('waiting ends at its deadline with a 429, and at once when the client leaves; both leave their place to others', async () => {
  const { clock, admit } = aDesk();
  const limits: Limits = { concurrency: 1, queueMs: 5_000 };
  const running = await admit({ limits });
  const client = new AbortController();
  const leaving = watch(admit({ limits }, 0, client.signal));
  const late = watch(admit({ limits }));
  await settled();
  await clock.advance(1_000);
  const patient = watch(admit({ limits: { ...limits, queueMs: 60_000 } }));
  await settled();
  client.abort();
  await settled();
  assert.equal(leaving.error?.name, 'AbortError');
  await clock.advance(4_000);
  assert.equal(late.error?.code, 'rate_limited');
  assert.equal(patient.admission, undefined);
  await running.settle(used());
  await settled();
  assert.ok(patient.admission);
});

test('one who waits for requests of a minute is let in by the clock', async () => {
  const { clock, admit } = aDesk();
  const limits: Limits = { requestsPerMinute: 60, queueMs: 10_000 };
  for (let n = 0; n < 60; n++) await admit({ limits });
  const waiting = [watch(admit({ limits })), watch(admit({ limits }))];
  await clock.advance(1_000);
  assert.deepEqual(
    waiting.map(({ admission }) => admission !== undefined),
    [true, false],
  );
  await clock.advance(1_000);
  assert.ok(waiting[1]?.admission);
});

test('a queue has an end', async () => {
  const { admit } = aDesk();
  const limits: Limits = { concurrency: 1, queueMs: 60_000 };
  await admit({ limits });
  const waiting = Array.from({ length: 1_001 }, () => watch(admit({ limits })));
  for (let n = 0; n < 5; n++) await settled();
  assert.equal(waiting.filter(({ error }) => error?.code === 'rate_limited').length, 1);
});

test('a call that a later limit refuses has taken nothing from the earlier ones', async () => {
  const { admit } = aDesk({ providers: { openai: { concurrency: 1 } } });
  const first = await admit({ keyId: 'other' });
  const limits: Limits = { requestsPerMinute: 1, tokensPerMinute: 100, concurrency: 1 };
  const options = someOptions({ rateLimit: readPolicy('1;w=60') });
  await assert.rejects(admit({ limits }, 100, never, options), {
    message: /^The provider openai may make 1 calls at the same time/,
  });
  await first.settle(used());
  await admit({ limits }, 100, never, options);
});

test('a call that moves on passes the own limits of the next provider alone, and the one that it left is free at once', async () => {
  const one: Limits = { concurrency: 1 };
  const providers = { openai: one, groq: { tokensPerMinute: 60 } };
  const { clock, admit, admitProvider } = aDesk({ providers });
  const call = await admit({ limits: { concurrency: 2 } });
  const ofGroq = { ...aCall(60), provider: 'groq' };
  await call.leaveProvider(10);
  const other = await admit({ limits: { concurrency: 2 } });
  const there = await admitProvider(ofGroq);
  const refused = { code: 'rate_limited', message: /^The provider groq may use 60 tokens a minute/ };
  await assert.rejects(admitProvider(ofGroq), refused);
  await there.leaveProvider(30);
  await there.leaveProvider(0);
  await clock.advance(29_999);
  await assert.rejects(admitProvider(ofGroq), { values: { ...wait(1), provider: 'groq' } });
  await clock.advance(1);
  await (await admitProvider(ofGroq)).leaveProvider(null);
  await (await admitProvider(ofGroq)).leaveProvider(null);
  await assert.rejects(admit({ limits: { concurrency: 2 } }), {
    message: /^The key "Test" may make 2 calls/,
  });
  await call.settle(used(40));
  await assert.rejects(admit(), { message: /^The provider openai/ }, 'the end of a call frees nothing twice');
  await other.settle(used());
  await (await admitProvider({ ...aCall(), provider: 'anthropic' })).leaveProvider(1);
});

test('only the refusal by a limit of a provider names one: the others hold with every model', async () => {
  const one: Limits = { requestsPerMinute: 1 };
  const { admit } = aDesk({ providers: { openai: one } });
  const refusal = async (caller: Partial<Caller>) =>
    (await admit(caller).catch((cause: unknown) => cause)) as CrosspointError;
  await admit({ keyId: 'a', limits: one });
  assert.equal(isLimitOfProvider(await refusal({ keyId: 'b' })), true);
  assert.equal(isLimitOfProvider(await refusal({ keyId: 'a', limits: one })), false);
});

test('limits of the configuration: each named user has its own, all others the same one each, and each end user too', async () => {
  const one: Limits = { requestsPerMinute: 1 };
  const { admit } = aDesk({ users: { boss: {}, '*': one }, endUsers: one });
  await admit({ userId: 'a' });
  await assert.rejects(admit({ userId: 'a', keyId: 'second' }), {
    message: /^The user a may make 1 requests/,
  });
  await admit({ userId: 'b' });
  for (let n = 0; n < 5; n++) await admit({ userId: 'boss' });
  const options = someOptions({ endUser: 'e' });
  await admit({ userId: 'boss' }, 0, never, options);
  await assert.rejects(admit({ userId: 'boss' }, 0, never, options), { message: /^The user e may/ });
});

test('never more calls at once than allowed, and nobody waits for ever, in any order of coming, ending and leaving', async () => {
  const event = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), key: fc.nat(2) }),
    fc.record({ do: fc.constant('end' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('leave' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3_000) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(event, { maxLength: 50 }),
      async (concurrency, events) => {
        const { clock, admit } = aDesk({
          providers: { openai: { concurrency, queueMs: 5_000, requestsPerMinute: 20 } },
        });
        const calls: { client: AbortController; state: ReturnType<typeof watch>; ended: boolean }[] = [];
        const running = () => calls.filter(({ state, ended }) => state.admission && !ended);
        for (const one of events) {
          if (one.do === 'wait') await clock.advance(one.ms);
          else if (one.do === 'ask') {
            const client = new AbortController();
            calls.push({
              client,
              state: watch(admit({ keyId: `k${one.key}` }, 0, client.signal)),
              ended: false,
            });
          } else if (one.do === 'end') {
            const call = running()[one.which % Math.max(1, running().length)];
            if (call) await ((call.ended = true), call.state.admission?.settle(used()));
          } else calls[one.which % Math.max(1, calls.length)]?.client.abort();
          await settled();
          assert.ok(running().length <= concurrency);
        }
        await clock.advance(10_000);
        assert.ok(calls.every(({ state }) => state.admission ?? state.error));
        for (const call of running()) await call.state.admission?.settle(used());
        await clock.advance(60_000);
        const all = await Promise.all(Array.from({ length: concurrency }, () => admit()));
        assert.equal(all.length, concurrency, 'every place is free again');
      },
    ),
    { numRuns: 100 },
  );
});

test('a store that fails lets no limited call pass, or every one, as the settings say; a call without limits does not notice', async () => {
  for (const storeFailure of ['closed', 'open'] as const) {
    const { store, admit } = aDesk({ storeFailure });
    store.close();
    const limited = {
      limits: { requestsPerMinute: 1, concurrency: 1 },
      budget: { usd: 1, period: 'day' } as const,
    };
    await admit();
    for (let n = 0; n < 3; n++) {
      if (storeFailure === 'closed')
        await assert.rejects(admit(limited), { code: 'limits_unavailable', status: 503 });
      else await (await admit(limited)).settle(used());
    }
  }
});
