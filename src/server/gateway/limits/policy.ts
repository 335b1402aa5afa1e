import { CrosspointError } from '#protocol/errors.ts';
import type { CallOptions, RateLimitPolicy } from '../v1/types.ts';
import type { Demand, Rate, Verdict } from './token-bucket.ts';

const longestValue = 256;
const mostCents = 1e6;

/** What a policy takes before a call: one request, or nothing of the cents as long as there are any. */
export function demandOf({ unit }: RateLimitPolicy): Demand {
  return unit === 'request' ? { amount: 1, atLeast: 1 } : { amount: 0, atLeast: 'any' };
}

export function rateOf({ quota, window, text }: RateLimitPolicy): Rate {
  return { quota, windowMs: window * 1_000, text };
}

/** What a policy in cents takes after a call. It may go below zero: the next calls wait until it is above again. */
export function centsOf(costUsd: number): number {
  return Math.min(mostCents, Math.max(0, costUsd * 100));
}

/**
 * Quota and window are not in the name, as documented: two policies on one segment share its bucket.
 * @throws CrosspointError `missing_segment`: Helicone lets such a request pass without a limit
 */
export function bucketOf(userId: string, policy: RateLimitPolicy, options: CallOptions): string {
  return `policy:${clean(userId)}:${segmentOf(policy.segment, options)}:${policy.unit}`;
}

function segmentOf(segment: string, { endUser, properties }: CallOptions): string {
  if (segment === 'global') return 'global:';
  if (segment === 'user') return `user:${clean(endUser) || missing('user', 'Helicone-User-Id')}`;
  const value = clean(Object.hasOwn(properties, segment) ? properties[segment] : null);
  return `prop:${clean(segment)}:${value || missing(`the property "${segment}"`, `Helicone-Property-${segment}`)}`;
}

function missing(segment: string, header: string): never {
  throw new CrosspointError('missing_segment', { segment, header });
}

function clean(value: string | null | undefined): string {
  const text = (value ?? '').replaceAll(':', '_').replaceAll(/[\u0000-\u001f\u007f]/g, '');
  return text.trim().slice(0, longestValue);
}

/** The numbers of a policy for the answer's header, as documented. */
export function policyHeaders({ quota, text }: RateLimitPolicy, verdict: Verdict): Record<string, string> {
  const reset = Math.ceil(verdict.fullAfterMs / 1_000);
  return {
    'Helicone-RateLimit-Limit': String(quota),
    'Helicone-RateLimit-Remaining': String(Math.max(0, Math.floor(verdict.tokens))),
    ...(reset > 0 ? { 'Helicone-RateLimit-Reset': String(reset) } : {}),
    'Helicone-RateLimit-Policy': text,
  };
}
