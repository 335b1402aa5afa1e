import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange } from './arrange.ts';
import { PeakEwma } from './peak-ewma.ts';

/** The same numbers in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ways = [
  { name: 'a', weight: 6 },
  { name: 'b', weight: 3 },
  { name: 'c', weight: 1 },
  { name: 'spare', weight: 0 },
];

test('by weight the first place goes to each by its share, the second by its share of the rest, and 0 is a spare', () => {
  const random = seeded(1);
  const runs = 40_000;
  const firsts = new Map<string, number>();
  const secondsAfterA = new Map<string, number>();
  for (let run = 0; run < runs; run++) {
    const order = arrange(ways, 'weight', () => 0, random).map(({ name }) => name);
    assert.deepEqual([...order].sort(), ['a', 'b', 'c', 'spare']);
    assert.equal(order[3], 'spare');
    const [first = '', second = ''] = order;
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
    if (first === 'a') secondsAfterA.set(second, (secondsAfterA.get(second) ?? 0) + 1);
  }
  const share = (counts: Map<string, number>, name: string) => {
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return (counts.get(name) ?? 0) / all;
  };
  // Four standard deviations of the largest share are 0.01.
  assert.ok(Math.abs(share(firsts, 'a') - 0.6) < 0.01);
  assert.ok(Math.abs(share(firsts, 'b') - 0.3) < 0.01);
  assert.ok(Math.abs(share(firsts, 'c') - 0.1) < 0.01);
  assert.ok(Math.abs(share(secondsAfterA, 'b') - 0.75) < 0.015);
});

test('in order means as written, whatever the weights and the load', () => {
  assert.deepEqual(
    arrange(ways, 'order', ({ weight }) => weight, seeded(2)),
    ways,
  );
});

/** Requests one after the other, each to the first of the order. */
function simulate(
  latencies: Record<string, (now: number) => number>,
  from: number,
  to: number,
  all: Endpoints,
) {
  const random = seeded(from + 3);
  const chosen: Record<string, number> = {};
  for (let now = from; now < to; now += 500) {
    const order = arrange(all, 'latency', ({ ewma }) => ewma.load(now, 0), random);
    const { name, ewma } = order[0] as Endpoints[number];
    chosen[name] = (chosen[name] ?? 0) + 1;
    ewma.observe((latencies[name] as (now: number) => number)(now), now);
  }
  return chosen;
}

type Endpoints = { name: string; weight: number; ewma: PeakEwma }[];

test('by latency requests go to the faster one, leave it when it slows, and come back when it is fast again', () => {
  const all: Endpoints = ['fast', 'slow'].map((name) => ({ name, weight: 1, ewma: new PeakEwma() }));
  const slow = () => 900;
  const first = simulate({ fast: () => 100, slow }, 0, 120_000, all);
  assert.ok((first.slow ?? 0) >= 1, 'a new endpoint is tried');
  assert.ok((first.fast ?? 0) / 240 > 0.9, JSON.stringify(first));
  const worse = simulate({ fast: () => 9_000, slow }, 120_000, 240_000, all);
  assert.ok((worse.slow ?? 0) / 240 > 0.9, JSON.stringify(worse));
  assert.ok((worse.fast ?? 0) >= 1, 'what was slow is tried again');
  const again = simulate({ fast: () => 100, slow }, 240_000, 360_000, all);
  assert.ok((again.fast ?? 0) / 240 > 0.7, JSON.stringify(again));
});

test('a new endpoint is tried first, and not by everybody at once', () => {
  const [fresh, known] = [new PeakEwma(), new PeakEwma()];
  known.observe(400, 0);
  assert.ok(fresh.load(1, 0) < known.load(1, 0));
  assert.ok(fresh.load(1, 1) > known.load(1, 0));
});

test('of two that are equally fast the one with less under way is taken', () => {
  const [left, right] = [new PeakEwma(), new PeakEwma()];
  left.observe(200, 0);
  right.observe(200, 0);
  assert.ok(left.load(10, 3) > right.load(10, 0));
});
