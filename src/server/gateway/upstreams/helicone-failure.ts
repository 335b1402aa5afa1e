/**
 * Whether an answer that came over a Helicone host is Helicone's own failure and not the provider's (worker source of
 * Helicone, ProxyForwarder and SimpleAIGateway): every answer that it forwards carries `Helicone-Id`; its own errors carry
 * `helicone-error` or `x-helicone-error`; its unified gateway lists the providers' errors in `error.details`.
 */
export function isHeliconeFailure(status: number, headers: Record<string, string>, body: unknown): boolean {
  if (status < 400) return false;
  if (headers['helicone-error'] === 'true' || headers['x-helicone-error']) return true;
  if (headers['helicone-id']) return false;
  if (providerDetail(body)) return false;
  return status === 401 || status === 403 || status === 429 || status >= 500;
}

interface GatewayErrorBody {
  error?: { details?: { source?: string; type?: string; message?: string; statusCode?: number }[] };
}

/** The provider's own error inside the unified gateway's summary, which turns e.g. a provider's 400 into a 500. */
export function providerDetail(body: unknown): { message: string; status: number } | null {
  const details = (body as GatewayErrorBody | null)?.error?.details;
  if (!Array.isArray(details)) return null;
  const detail = details.find(({ type, statusCode }) => statusCode && !ownTypes.has(type ?? ''));
  return detail ? { message: detail.message ?? '', status: detail.statusCode as number } : null;
}

/** Reasons of the gateway itself for not even asking a provider. */
const ownTypes = new Set([
  'insufficient_credit_limit',
  'insufficient_credits',
  'disallowed',
  'rate_limited',
  'invalid_key',
]);
