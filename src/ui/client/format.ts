import type { Model } from '#protocol/model.ts';

const grouped = new Intl.NumberFormat('en');

/** 412 · 38k · 1.2M */
export function tokens(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 10_000) return `${trimmed(count / 1_000, 1)}k`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)}k`;
  return `${trimmed(count / 1_000_000, 1)}M`;
}

/** Two decimals from one cent on; below that, two significant digits, so that a small cost never reads as none. */
export function money(usd: number | null): string {
  if (usd === null) return 'price unknown';
  if (usd === 0) return '$0.00';
  if (usd >= 0.0095) return `$${usd >= 1_000 ? grouped.format(Math.round(usd)) : usd.toFixed(2)}`;
  if (usd < 0.00001) return '< $0.00001';
  return `$${trimmed(usd, 1 - Math.floor(Math.log10(usd)))}`;
}

/** A price per 1M tokens: `$5`, `$0.30`, `free`, `?` when unknown. */
export function price(usd: number | null): string {
  if (usd === null) return '?';
  if (usd === 0) return 'free';
  return Number.isInteger(usd) ? `$${usd}` : `$${usd < 0.1 ? trimmed(usd, 3) : usd.toFixed(2)}`;
}

/** `$5 in · $25 out`, USD per 1M tokens; "about" before second-hand figures. */
export function priceText({ cost, approximate }: Pick<Model, 'cost' | 'approximate'>): string {
  if (cost.input === null && cost.output === null) return 'price unknown';
  if (cost.input === 0 && cost.output === 0) return 'free';
  return `${approximate ? 'about ' : ''}${price(cost.input)} in · ${price(cost.output)} out`;
}

/** 0.2 s · 4 s · 2 min 5 s; below 100 ms in milliseconds. */
export function duration(milliseconds: number): string {
  if (milliseconds < 100) return `${Math.max(1, Math.round(milliseconds))} ms`;
  if (milliseconds < 9_950) return `${trimmed(milliseconds / 1_000, 1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** 10:41, in the reader's own clock. */
export function clock(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

/** 10:41:07 today, Nov 24, 10:41 on other days, in the reader's own clock. */
export function moment(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  if (date.toDateString() === now.toDateString())
    return date.toLocaleTimeString(undefined, { ...time, second: '2-digit' });
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return date.toLocaleString(undefined, { month: 'short', day: 'numeric', ...year, ...time });
}

/** 812 B · 3.4 kB · 2 MB */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  return count < 1_000_000 ? `${trimmed(count / 1_000, 1)} kB` : `${trimmed(count / 1_000_000, 1)} MB`;
}

/** `1 call`, `3 calls`. */
export function plural(count: number, noun: string): string {
  return `${grouped.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** At most `digits` decimals, without trailing zeros. */
function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
