import type { UsageGrouping } from '#protocol/usage-reports.ts';

/** What a report is about: a range of days and filters. It lives in the page's address, so that it can be shared and gone back to. */

export const ranges = ['today', '7', '30', '90', 'own'] as const;
export type Range = (typeof ranges)[number];

export const filterNames = ['model', 'provider', 'key', 'user', 'session', 'thread', 'property'] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Partial<Record<FilterName, string>>;

export interface Scope {
  range: Range;
  /** ISO dates in UTC, both included. */
  from: string;
  to: string;
  filters: Filters;
}

const dayMs = 86_400_000;
/** More would be more bars than a window has pixels for. */
const mostDays = 366;
const isoDate = /^\d{4}-\d\d-\d\d$/;

export const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** Whatever does not make sense in an address is as if it were not there. */
export function scopeOf(address: URLSearchParams, now: Date): Scope {
  const filters: Filters = {};
  for (const name of filterNames) {
    const value = address.get(name);
    if (value) filters[name] = value;
  }
  return { ...rangeOf(address, now), filters };
}

function rangeOf(address: URLSearchParams, now: Date): Omit<Scope, 'filters'> {
  const today = dayOf(now.getTime());
  const range = ranges.find((one) => one === address.get('range')) ?? '30';
  if (range === 'own') {
    const [from, to] = [dateOf(address.get('from')), dateOf(address.get('to'))];
    const [first = today, last = today] = [from ?? to ?? today, to ?? today].toSorted();
    const earliest = dayOf(Date.parse(last) - (mostDays - 1) * dayMs);
    return { range, from: first > earliest ? first : earliest, to: last };
  }
  const days = range === 'today' ? 1 : Number(range);
  return { range, from: dayOf(now.getTime() - (days - 1) * dayMs), to: today };
}

function dateOf(text: string | null): string | null {
  return text && isoDate.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

export const groupings = ['model', 'provider', 'thread', 'key', 'user', 'session', 'day'] as const;

export function groupingOf(address: URLSearchParams): UsageGrouping {
  const by = address.get('by') ?? '';
  if (by.startsWith('property:') && by.length > 9) return by as `property:${string}`;
  return groupings.find((one) => one === by) ?? 'model';
}

/** The month of a day in UTC: its days up to that one, and how many it has. */
export function monthOf(now: Date): { from: string; to: string; length: number } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return { from: dayOf(Date.UTC(year, month, 1)), to: dayOf(now.getTime()), length };
}

/** As the server takes it (`src/protocol/usage-reports.ts`). */
export function queryOf({ from, to, filters }: Scope): URLSearchParams {
  return new URLSearchParams({ from, to, ...filters });
}

/** All days of a range, oldest first. */
export function daysOf({ from, to }: Pick<Scope, 'from' | 'to'>): string[] {
  const [first, last] = [Date.parse(from), Date.parse(to)];
  return Array.from({ length: Math.max(1, Math.round((last - first) / dayMs) + 1) }, (_, index) =>
    dayOf(first + index * dayMs),
  );
}

/** The address with these changes; null takes a name away. What was opened there is closed. */
export function addressWith(address: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(address);
  next.delete('request');
  for (const [name, value] of Object.entries(changes))
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  return next.size > 0 ? `?${next}` : '?';
}
