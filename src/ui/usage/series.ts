import type { TimelineDay, UsageTotals } from '#protocol/usage-reports.ts';

/** One colour of a chart: a value for each day. */
export interface Series {
  name: string;
  /** A class that colours both the bar and its place in the legend. */
  colour: string;
  values: number[];
}

/** Told apart also by people who see few colours; what is left over is grey. */
const colours = [
  'text-series-1',
  'text-series-2',
  'text-series-3',
  'text-series-4',
  'text-series-5',
  'text-series-6',
];
export const restColour = 'text-series-rest';

/** The models that count most each have a colour, the others one together. Without any value there are none. */
export function seriesByModel(
  rows: readonly TimelineDay[],
  days: readonly string[],
  value: (row: TimelineDay) => number,
  label: (id: string) => string,
): Series[] {
  const byModel = Map.groupBy(rows, ({ provider, model }) => `${provider}/${model}`);
  const all = [...byModel]
    .map(([id, list]) => ({ name: label(id), values: valuesOf(list, days, value) }))
    .map((series) => ({ ...series, total: sum(series.values) }))
    .filter(({ total }) => total > 0)
    .toSorted((left, right) => right.total - left.total);
  // One left over has its own name rather than "others".
  const own = all.length > colours.length + 1 ? colours.length : all.length;
  const shown = all.slice(0, own).map(({ name, values }, index) => ({
    name,
    values,
    colour: colours[index] ?? restColour,
  }));
  const others = all.slice(own);
  if (others.length === 0) return shown;
  const values = days.map((_, index) => sum(others.map((other) => other.values[index] ?? 0)));
  return [...shown, { name: `${others.length} others`, colour: restColour, values }];
}

/** What was read anew, what the provider had in its cache, and what was written. */
export function tokenSeries(rows: readonly TimelineDay[], days: readonly string[]): Series[] {
  const parts: [string, string, (row: TimelineDay) => number][] = [
    ['Fresh input', 'text-series-1', freshInput],
    ['Written to the cache', 'text-series-4', (row) => row.cacheWriteTokens],
    ['Cached input', 'text-series-3', (row) => row.cacheReadTokens],
    ['Output', 'text-series-2', (row) => row.outputTokens],
  ];
  return parts
    .map(([name, colour, value]) => ({ name, colour, values: valuesOf(rows, days, value) }))
    .filter(({ values }) => sum(values) > 0);
}

/** What was spent up to the end of each day. */
export function cumulativeCost(rows: readonly TimelineDay[], days: readonly string[]): number[] {
  let total = 0;
  return valuesOf(rows, days, (row) => row.costUsd).map((cost) => (total += cost));
}

export const freshInput = (row: Pick<UsageTotals, 'inputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'>) =>
  Math.max(0, row.inputTokens - row.cacheReadTokens - row.cacheWriteTokens);

function valuesOf(
  rows: readonly TimelineDay[],
  days: readonly string[],
  value: (row: TimelineDay) => number,
): number[] {
  const byDay = new Map<string, number>();
  for (const row of rows) byDay.set(row.day, (byDay.get(row.day) ?? 0) + value(row));
  return days.map((day) => byDay.get(day) ?? 0);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
