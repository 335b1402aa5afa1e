import type { Strategy } from './gateway-config.ts';

/** One way to a model, as far as its place in the order is concerned. */
export interface Weighted {
  /** Share of the requests that go there first; 0: only when the others fail. */
  weight: number;
}

/**
 * The ways in the order in which they are to be tried.
 * @param load what a way costs at the moment, for `latency`
 * @param random from 0 up to 1
 */
export function arrange<Way extends Weighted>(
  ways: readonly Way[],
  strategy: Strategy,
  load: (way: Way) => number,
  random: () => number,
): Way[] {
  if (ways.length < 2 || strategy === 'order') return [...ways];
  return strategy === 'weight' ? byWeight(ways, random) : byLoad(ways, load, random);
}

/** Weighted drawing without replacement: each waits a random time, the shorter the heavier it is (Efraimidis, Spirakis). */
function byWeight<Way extends Weighted>(ways: readonly Way[], random: () => number): Way[] {
  const waits = ways.map((way) => ({
    way,
    wait: way.weight > 0 ? -Math.log(1 - random()) / way.weight : Number.MAX_VALUE,
  }));
  return waits.sort((left, right) => left.wait - right.wait).map(({ way }) => way);
}

/** The better of two drawn ones, again and again: never all to the one that was best a moment ago. */
function byLoad<Way>(ways: readonly Way[], load: (way: Way) => number, random: () => number): Way[] {
  const left = [...ways];
  const order: Way[] = [];
  while (left.length > 1) {
    const first = Math.floor(random() * left.length);
    const other = (first + 1 + Math.floor(random() * (left.length - 1))) % left.length;
    const chosen = load(left[other] as Way) < load(left[first] as Way) ? other : first;
    order.push(...left.splice(chosen, 1));
  }
  return [...order, ...left];
}
