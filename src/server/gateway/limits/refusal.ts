import { CrosspointError } from '#protocol/errors.ts';

/** @param what one sentence about the limit that was met */
export function rateLimited(
  what: string,
  afterMs: number,
  headers: Record<string, string> = {},
): CrosspointError {
  const retryAfterMs = Math.max(1, afterMs);
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return new CrosspointError('rate_limited', { what, seconds, retryAfterMs }, { cause: { headers } });
}

/** What belongs into the header of the answer that tells of this error: `Retry-After` and, of a policy, its numbers. */
export function refusalHeaders(error: CrosspointError): Record<string, string> {
  const { seconds } = error.values;
  const { headers } = (error.cause ?? {}) as { headers?: Record<string, string> };
  if (error.code !== 'rate_limited') return {};
  return { 'Retry-After': String(seconds), 'X-Helicone-Error': 'rate_limited', ...headers };
}
