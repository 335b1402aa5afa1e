import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Breaker, type BreakerSettings, type Pass } from './breaker.ts';

const settings: BreakerSettings = {
  errorRatio: 0.5,
  minRequests: 4,
  windowMs: 1_000,
  openMs: 300,
  probes: 2,
};

/** What the breaker promises, written as plainly as possible: every end is kept, and looked through each time. */
class Reference {
  ends: { at: number; bad: boolean }[] = [];
  until: number | null = null;
  inFlight: object | null = null;
  proved = 0;
  failedProbes = 0;
  epoch = 0;

  enter(now: number, force: boolean): { epoch: number; kind: Pass['kind'] } | null {
    const pass = (kind: Pass['kind']) => ({ epoch: this.epoch, kind });
    if (this.until === null) return pass('usual');
    if (now >= this.until && this.inFlight === null)
      return (this.inFlight = pass('probe')) as ReturnType<typeof pass>;
    return force ? pass('forced') : null;
  }

  leave(pass: { epoch: number; kind: Pass['kind'] }, end: 'good' | 'bad' | null, now: number): void {
    if (pass.epoch !== this.epoch) return;
    if (pass === this.inFlight) this.inFlight = null;
    if (end === null) return;
    this.ends.push({ at: now, bad: end === 'bad' });
    if (this.until !== null) return this.afterOpening(pass, end, now);
    const { requests, bad } = this.sums(now);
    if (bad > 0 && requests >= settings.minRequests && bad / requests >= settings.errorRatio)
      this.change(now + settings.openMs);
  }

  sums(now: number): { requests: number; bad: number } {
    const slot = (at: number) => Math.floor(at / (settings.windowMs / 10));
    const recent = this.ends.filter(({ at }) => slot(at) > slot(now) - 10);
    return { requests: recent.length, bad: recent.filter((each) => each.bad).length };
  }

  afterOpening(pass: { kind: Pass['kind'] }, end: 'good' | 'bad', now: number): void {
    if (end === 'good' && ++this.proved === settings.probes) {
      this.failedProbes = 0;
      this.ends = [];
      this.change(null);
    } else if (end === 'bad' && pass.kind === 'probe') {
      this.failedProbes++;
      this.change(now + settings.openMs * Math.min(8, 2 ** this.failedProbes));
    }
  }

  change(until: number | null): void {
    this.until = until;
    this.epoch++;
    this.inFlight = null;
    this.proved = 0;
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  fc.record({ do: fc.constant('enter' as const), force: fc.boolean() }),
  fc.record({
    do: fc.constant('leave' as const),
    which: fc.nat(20),
    end: fc.constantFrom('good' as const, 'bad' as const, 'bad' as const, null),
  }),
);

test('a breaker does in any order of requests, ends and pauses what the plain model of it does', () => {
  let opened = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), (steps) => {
      const [breaker, reference] = [new Breaker(settings), new Reference()];
      const open: [Pass, { epoch: number; kind: Pass['kind'] }][] = [];
      let now = 0;
      for (const each of steps) {
        if (each.do === 'wait') now += each.ms;
        else if (each.do === 'enter') {
          const [real, plain] = [breaker.enter(now, each.force), reference.enter(now, each.force)];
          assert.equal(real?.kind, plain?.kind);
          if (real && plain) open.push([real, plain]);
        } else if (open.length) {
          const [pair] = open.splice(each.which % open.length, 1);
          breaker.leave((pair as (typeof open)[number])[0], each.end, now);
          reference.leave((pair as (typeof open)[number])[1], each.end, now);
        }
        assert.equal(breaker.until, reference.until);
        assert.deepEqual(breaker.sums(now), reference.sums(now));
        if (reference.until !== null) opened++;
        const probes = open.filter(([pass]) => pass.kind === 'probe' && pass.epoch === reference.epoch);
        assert.ok(probes.length <= 1, 'two probes at a time');
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(opened > 100, `the breaker was open after ${opened} steps only`);
});

test('under concurrency exactly one probe passes, and the next one only after its end', () => {
  const breaker = new Breaker(settings);
  const passes = Array.from({ length: 4 }, () => breaker.enter(0, false) as Pass);
  for (const pass of passes) breaker.leave(pass, 'bad', 0);
  assert.equal(breaker.state(0), 'open');
  assert.ok(Array.from({ length: 100 }, () => breaker.enter(299, false)).every((pass) => pass === null));
  const probes = Array.from({ length: 100 }, () => breaker.enter(300, false)).filter((pass) => pass !== null);
  assert.equal(probes.length, 1);
  breaker.leave(probes[0] as Pass, null, 400);
  assert.equal(breaker.state(400), 'half-open', 'a probe without a word about the endpoint changes nothing');
  for (let probe = 0; probe < settings.probes; probe++)
    breaker.leave(breaker.enter(400, false) as Pass, 'good', 400);
  assert.equal(breaker.state(400), 'closed');
});

test('answers that began before the breaker opened cannot close it or open it again', () => {
  const breaker = new Breaker({ ...settings, probes: 1 });
  const late = Array.from({ length: 8 }, () => breaker.enter(0, false) as Pass);
  for (const pass of late.splice(0, 4)) breaker.leave(pass, 'bad', 0);
  breaker.leave(late[0] as Pass, 'good', 1);
  assert.equal(breaker.state(1), 'open');
  breaker.leave(breaker.enter(300, false) as Pass, 'good', 310);
  assert.equal(breaker.state(310), 'closed');
  for (const pass of late.slice(1)) breaker.leave(pass, 'bad', 320);
  assert.equal(breaker.state(320), 'closed');
  assert.deepEqual(breaker.sums(320), { requests: 0, bad: 0 });
});
