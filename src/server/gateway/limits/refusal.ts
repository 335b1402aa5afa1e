import { CrosspointError } from '#protocol/errors.ts';

interface Refusal {
  /** Of the answer that tells of it. */
  headers?: Record<string, string>;
  /** Whose own limit it is: another provider may have room. */
  provider?: string;
}

/** @param what one sentence about the limit that was met */
export function rateLimited(
  what: string,
  afterMs: number,
  { headers = {}, provider }: Refusal = {},
): CrosspointError {
  const retryAfterMs = Math.max(1, afterMs);
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const values = { what, seconds, retryAfterMs, ...(provider === undefined ? {} : { provider }) };
  return new CrosspointError('rate_limited', values, { cause: { headers } });
}

/** Whether a provider's own limit refused: then another model may do. The limits and the budget of a person hold with every model. */
export function isLimitOfProvider(cause: unknown): cause is CrosspointError {
  return (
    cause instanceof CrosspointError && cause.code === 'rate_limited' && cause.values.provider !== undefined
  );
}

/** What belongs into the header of the answer that tells of this error: `Retry-After` and, of a policy, its numbers. */
export function refusalHeaders(error: CrosspointError): Record<string, string> {
  const { seconds } = error.values;
  const { headers } = (error.cause ?? {}) as { headers?: Record<string, string> };
  if (error.code !== 'rate_limited') return {};
  return { 'Retry-After': String(seconds), 'X-Helicone-Error': 'rate_limited', ...headers };
}
