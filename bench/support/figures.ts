/** What a benchmark gives: a figure, the bar it is held against, and where the bar is met. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The most (or, with `atLeast`, the least) that is accepted; absent for figures that only inform. */
  bar?: number;
  atLeast?: boolean;
  detail?: string;
}

export type Outcome = { figures: Figure[] } | { skipped: string };

/** One file a benchmark. */
export interface Benchmark {
  name: string;
  run(): Promise<Outcome>;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The times between neighbours. */
export function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

export function meets({ value, bar, atLeast }: Figure): boolean | null {
  if (bar === undefined) return null;
  return atLeast ? value >= bar : value <= bar;
}
