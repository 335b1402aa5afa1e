import type { Percentiles } from '#protocol/usage-reports.ts';

/**
 * Figures in buckets whose borders grow by 2 %: a percentile of any number of buckets added together is within 1 % of the
 * exact one, which no average of percentiles is (DDSketch, https://arxiv.org/abs/1908.10693).
 */
const growth = 1.02;
const logGrowth = Math.log(growth);

/** Everything up to 1 is one bucket: figures are whole milliseconds. */
export function bucketOf(value: number): number {
  return value <= 1 ? 0 : Math.ceil(Math.log(value) / logGrowth);
}

/** The figure that is at most 1 % from all of its bucket. */
function figureOf(bucket: number): number {
  return bucket === 0 ? 1 : Math.round((2 * growth ** bucket) / (growth + 1));
}

export type Buckets = Map<number, number>;

/** By nearest rank. null when there is none. */
export function percentilesOf(buckets: Buckets | undefined): Percentiles | null {
  if (!buckets?.size) return null;
  const ascending = [...buckets].sort(([left], [right]) => left - right);
  const count = ascending.reduce((sum, [, each]) => sum + each, 0);
  const at = (share: number) => {
    const rank = Math.max(1, Math.ceil(share * count));
    let seen = 0;
    const found = ascending.find(([, each]) => (seen += each) >= rank) as [number, number];
    return figureOf(found[0]);
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), count };
}

export function addBuckets(buckets: Buckets, more: Iterable<readonly [number, number]>): void {
  for (const [bucket, count] of more) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
}

/** All of them in one text: a day of one model has hundreds, and they are only ever read together. */
export function writeBuckets(buckets: Buckets): string {
  return JSON.stringify([...buckets]);
}

export function readBuckets(text: string): [number, number][] {
  return JSON.parse(text) as [number, number][];
}
